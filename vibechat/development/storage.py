from os import PathLike

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class SourceStorage(StaticFilesStorage):
    """Gives vibechat/core/static_files.py, which expects collected files, the source files."""

    @property
    def hashed_files(self) -> dict[str, str]:
        return {name: name for finder in finders.get_finders() for name, _ in finder.list(ignore_patterns=[])}

    def stored_name(self, name: str) -> str:
        return name

    def path(self, name: str | PathLike[str]) -> str:
        return finders.find(str(name)) or super().path(name)
