from servestatic.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names for all files, and compressed copies of those that people load: for the libraries' hundreds, which
    only operators see, brotli would cost the first start many seconds."""

    def compress_files(self, paths):
        return super().compress_files({path for path in paths if path.startswith(("js/", "css/", "vendor/"))})


class UncompressedStorage(StaticFilesStorage):
    """The same files under the same names, for who wants to know them and not to send them."""

    def compress_files(self, paths):
        return ()
