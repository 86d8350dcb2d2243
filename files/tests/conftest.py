import pytest


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    files = {
        **settings.STORAGES["files"],
        "OPTIONS": {**settings.STORAGES["files"]["OPTIONS"], "location": tmp_path / "f"},
    }
    settings.STORAGES = {**settings.STORAGES, "files": files}
