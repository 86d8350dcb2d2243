from typing import Any

from daphne.management.commands.runserver import Command as DaphneCommand
from daphne.management.commands.runserver import get_default_application
from django.conf import settings
from django.core.management.base import CommandError

from vibechat.core.environment import is_loopback


class Command(DaphneCommand):
    """Daphne's runserver at the configured address. The application serves the static files."""

    default_addr, default_port = settings.BIND, str(settings.PORT)

    def run(self, **options: Any) -> None:
        if not is_loopback(self.addr):
            raise CommandError(
                "The development server shows settings and source code to whoever asks, so it listens on loopback "
                f"only, and {self.addr} is not. Leave the address out, or serve with: make run"
            )
        super().run(**options)

    def get_application(self, options: Any) -> Any:
        return get_default_application()
