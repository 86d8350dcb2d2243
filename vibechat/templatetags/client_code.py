"""How pages name the code that they load: each file with the hash by which the browser refuses another."""

from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html

from vibechat.core import static_files

register = template.Library()


class ImportMapNode(template.Node):
    """The one inline script of a page. It holds the names of our own files; the policy lets it pass by its hash."""

    def render(self, context: Any) -> str:
        return f'<script type="importmap">{static_files.import_map()}</script>'


@register.tag
def import_map(parser: Any, token: Any) -> ImportMapNode:
    return ImportMapNode()


@register.simple_tag
def module(name: str) -> str:
    """With all that it imports, so that the browser need not read one file to hear of the next."""
    script = format_html('<script type="module" src="{}" integrity="{}"></script>', *address_and_integrity(name))
    return script + static_files.preloads(static_files.modules_of(name)[1:])


@register.simple_tag
def later_modules(name: str) -> str:
    """All that a page's module loads later, for when the first of it is wanted."""
    return static_files.preloads(static_files.later_modules_of(name))


@register.simple_tag
def stylesheet(name: str) -> str:
    return format_html('<link rel="stylesheet" href="{}" integrity="{}">', *address_and_integrity(name))


def address_and_integrity(name: str) -> tuple[str, str]:
    return static(name), static_files.integrity(name)
