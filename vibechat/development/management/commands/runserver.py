from typing import Any

from daphne.management.commands.runserver import Command as DaphneCommand
from daphne.management.commands.runserver import get_default_application
from django.conf import settings


class Command(DaphneCommand):
    """Daphne's, at the address of the settings; the application sends the static files itself."""

    default_addr, default_port = settings.BIND, str(settings.PORT)

    def get_application(self, options: Any) -> Any:
        return get_default_application()
