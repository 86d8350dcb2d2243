"""What operators see. They run the server and help people in; what people say to each other is nothing of theirs.

Operators are accounts that are both is_staff and is_superuser: one tick in the account's form sets both. There are no
groups and no finer permissions, since who may suspend an account may as well see when it was last here.
"""

from django.contrib import admin

admin.site.site_title = admin.site.site_header = "VibeChat"
admin.site.index_title = "Operations"
admin.site.empty_value_display = "–"


class OperatorAdmin(admin.ModelAdmin):
    """Pages of 50 rows; the address of a list filters by what the list offers to filter by, and by nothing else."""

    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    search_help_text = "A whole email address."

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
