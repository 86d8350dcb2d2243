"""Base classes of the admin pages. They show operators no content of messages.

Operators are accounts with is_staff and is_superuser; one checkbox in the account's form sets both. There are no groups
and no finer permissions.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

admin.site.site_title = admin.site.site_header = "VibeChat"
admin.site.index_title = "Operations"
admin.site.empty_value_display = "–"


class OperatorChangeList(ChangeList):
    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Only by a column that the list offers. Django accepts any column, and sorts a whole table without an
        index."""
        offered = self.model_admin.get_sortable_by(request)
        columns = self.params.get(ORDER_VAR, "").split(".")
        if any(self.column_name(column) not in offered for column in columns):
            self.params.pop(ORDER_VAR, None)
        return super().get_ordering(request, queryset)

    def column_name(self, column: str) -> str | None:
        number = column.removeprefix("-")
        is_column = number.isascii() and number.isdigit() and len(number) < 3 and int(number) < len(self.list_display)
        name = self.list_display[int(number)] if is_column else None
        return name if isinstance(name, str) else None


class OperatorPaginator(Paginator):
    def _get_page(self, object_list: Any, number: int, paginator: Paginator) -> Any:
        """Selects the page's ids first: otherwise the database would compute the list's counts for skipped rows too."""
        ids = list(object_list.values_list("pk", flat=True))
        rows: Any = self.object_list
        return super()._get_page(rows.filter(pk__in=ids), number, paginator)  # type: ignore[misc]  # not in the stubs


class OperatorAdmin(admin.ModelAdmin):
    """Pages of 50 rows. The query string may filter and sort only by what the list offers."""

    list_per_page = 50
    list_max_show_all = 50
    paginator = OperatorPaginator
    show_full_result_count = False
    search_help_text = "A whole email address."

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OperatorChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_term.casefold())

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Django's lists filter by any column, so a hash or a ciphertext could be guessed character by character."""
        filters = self.get_list_filter(request)
        offered = [item[0] if isinstance(item, tuple) else item for item in filters if isinstance(item, (str, tuple))]
        return any(lookup == name or lookup.startswith(f"{name}__") for name in offered)


class ReadOnlyAdmin(OperatorAdmin):
    actions: Sequence[Any] | None = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
