"""What operators see. They run the server and help people in; what people say to each other is nothing of theirs.

Operators are accounts that are both is_staff and is_superuser: one tick in the account's form sets both. There are no
groups and no finer permissions, since who may suspend an account may as well see when it was last here.
"""

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Paginator

admin.site.site_title = admin.site.site_header = "VibeChat"
admin.site.index_title = "Operations"
admin.site.empty_value_display = "–"


class OperatorChangeList(ChangeList):
    def get_ordering(self, request, queryset):
        """By a column that the list offers to sort by: Django's takes any, and sorts a whole table without an index."""
        offered = self.model_admin.get_sortable_by(request)
        columns = self.params.get(ORDER_VAR, "").split(".")
        if any(self.column_name(column) not in offered for column in columns):
            self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)

    def column_name(self, column: str) -> str | None:
        number = column.removeprefix("-")
        is_column = number.isascii() and number.isdigit() and len(number) < 3 and int(number) < len(self.list_display)
        return self.list_display[int(number)] if is_column else None


class OperatorPaginator(Paginator):
    def _get_page(self, object_list, number, paginator):
        """The rows of a page by their ids: a database computes what a list counts for all rows that it skips, too."""
        ids = list(object_list.values_list("pk", flat=True))
        return super()._get_page(self.object_list.filter(pk__in=ids), number, paginator)


class OperatorAdmin(admin.ModelAdmin):
    """Pages of 50 rows; the address of a list filters and sorts by what the list offers, and by nothing else."""

    list_per_page = 50
    list_max_show_all = 50
    paginator = OperatorPaginator
    show_full_result_count = False
    search_help_text = "A whole email address."

    def get_changelist(self, request, **kwargs):
        return OperatorChangeList

    def get_search_results(self, request, queryset, search_term):
        return super().get_search_results(request, queryset, search_term.casefold())

    def lookup_allowed(self, lookup, value, request):
        """Django's lists filter by any column of the row, so a hash or a ciphertext could be asked for bit by bit."""
        offered = [item if isinstance(item, str) else item[0] for item in self.get_list_filter(request)]
        return any(lookup == name or lookup.startswith(f"{name}__") for name in offered)


class ReadOnlyAdmin(OperatorAdmin):
    actions = None

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
