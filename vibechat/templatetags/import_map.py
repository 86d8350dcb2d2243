from django import template

from vibechat import static_files

register = template.Library()


class ImportMapNode(template.Node):
    """The one inline script of a page. It holds the names of our own files; the policy lets it pass by its hash."""

    def render(self, context) -> str:
        return f'<script type="importmap">{static_files.import_map()}</script>'


@register.tag
def import_map(parser, token):
    return ImportMapNode()
