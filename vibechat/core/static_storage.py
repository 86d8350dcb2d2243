from collections.abc import Iterable
from typing import Any

import rcssmin
import rjsmin
from django.core.files.base import ContentFile
from servestatic.storage import CompressedManifestStaticFilesStorage

# What is collected under these folders is stored without its comments and without the spaces that say nothing.
STRIPPERS = {"js/": rjsmin.jsmin, "css/": rcssmin.cssmin}


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names for all files, and compressed copies of those that people load: for the libraries' hundreds, which
    only operators see, brotli would cost the first start many seconds."""

    def save(self, name: str, content: Any, max_length: int | None = None) -> str:
        """`collectstatic` stores each file by this method."""
        strip = STRIPPERS.get(name.partition("/")[0] + "/")
        stored = ContentFile(strip(content.read().decode()).encode()) if strip else content
        return super().save(name, stored, max_length)

    def post_process(self, paths: Any, **options: Any) -> Any:
        """Django would make the hashed copies of the sources; they are made of what is stored."""
        return super().post_process({name: (self, name) for name in paths}, **options)

    def compress_files(self, paths: Iterable[str]) -> Any:
        return super().compress_files({path for path in paths if path.startswith(("js/", "css/", "vendor/"))})


class UncompressedStorage(StaticFilesStorage):
    """The same files under the same names, for who wants to know them and not to send them."""

    def compress_files(self, paths: Iterable[str]) -> Any:
        return ()
