from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "files"

    def ready(self) -> None:
        from accounts.models import locks_before_deletion
        from files.models import discard_of

        locks_before_deletion.append(discard_of)
