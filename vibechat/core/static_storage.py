from collections.abc import Iterable
from typing import Any

import rcssmin
import rjsmin
from django.core.files.base import ContentFile
from servestatic.storage import CompressedManifestStaticFilesStorage

# Files in these folders are stored without comments and needless spaces.
STRIPPERS = {"js/": rjsmin.jsmin, "css/": rcssmin.cssmin}
COMPRESSED = ("js/", "css/", "vendor/")


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names for all files; compressed copies only of the files that pages outside the admin load, under the
    hashed names by which they load them. Compressing all files with brotli would delay the first start by seconds."""

    def save(self, name: str, content: Any, max_length: int | None = None) -> str:
        """Called by `collectstatic` for each file."""
        strip = STRIPPERS.get(name.partition("/")[0] + "/")
        stored = ContentFile(strip(content.read().decode()).encode()) if strip else content
        return super().save(name, stored, max_length)

    def post_process(self, paths: Any, **options: Any) -> Any:
        """Makes the hashed copies from the stored files; Django would make them from the sources."""
        return super().post_process({name: (self, name) for name in paths}, **options)

    def compress_files(self, paths: Iterable[str]) -> Any:
        hashed = set(self.hashed_files.values())
        return super().compress_files({path for path in paths if path in hashed and path.startswith(COMPRESSED)})


class UncompressedStorage(StaticFilesStorage):
    """The same files with the same names, for computing hashes."""

    def compress_files(self, paths: Iterable[str]) -> Any:
        return ()
