"""Template tags for client code: each file with its integrity hash."""

from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html

from vibechat.core import static_files

register = template.Library()


class ImportMapNode(template.Node):
    """The only inline script of a page, which the Content-Security-Policy allows by its hash."""

    def render(self, context: Any) -> str:
        return f'<script type="importmap">{static_files.import_map()}</script>'


@register.tag
def import_map(parser: Any, token: Any) -> ImportMapNode:
    return ImportMapNode()


@register.simple_tag
def release() -> str:
    return static_files.release()


@register.simple_tag
def module(name: str) -> str:
    """With preload links for all its imports, so that the browser loads them in parallel."""
    script = format_html('<script type="module" src="{}" integrity="{}"></script>', *address_and_integrity(name))
    return script + static_files.preloads(static_files.modules_of(name)[1:])


@register.simple_tag
def later_modules(name: str) -> str:
    """Preload links of the modules that a page loads later, for use when the first of them is needed."""
    return static_files.preloads(static_files.later_modules_of(name))


@register.simple_tag
def stylesheet(name: str) -> str:
    return format_html('<link rel="stylesheet" href="{}" integrity="{}">', *address_and_integrity(name))


def address_and_integrity(name: str) -> tuple[str, str]:
    return static(name), static_files.integrity(name)
