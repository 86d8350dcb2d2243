"""How pages name the code that they load: each file with the hash by which the browser refuses another."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html

from vibechat import static_files

register = template.Library()


class ImportMapNode(template.Node):
    """The one inline script of a page. It holds the names of our own files; the policy lets it pass by its hash."""

    def render(self, context) -> str:
        return f'<script type="importmap">{static_files.import_map()}</script>'


@register.tag
def import_map(parser, token):
    return ImportMapNode()


@register.simple_tag
def module(name: str) -> str:
    html = '<script type="module" src="{}" integrity="{}"></script>'
    return format_html(html, static(name), static_files.integrity(name))


@register.simple_tag
def stylesheet(name: str) -> str:
    html = '<link rel="stylesheet" href="{}" integrity="{}">'
    return format_html(html, static(name), static_files.integrity(name))
