"""What `make dev` and `manage.py runserver` run with: the settings of the environment, with debug pages, and with
static files as they stand in the folders, under their plain names.

Refused as soon as a public host is set: debug pages show settings and source code to whoever asks.
"""

from django.core.exceptions import ImproperlyConfigured

from vibechat.settings import *  # noqa: F403
from vibechat.settings import INSTALLED_APPS, PUBLIC, STORAGES, TEMPLATES

if PUBLIC:
    raise ImproperlyConfigured(
        "The development server shows settings and source code to whoever asks, and ALLOWED_HOSTS or BIND names a "
        "public host. Unset them, or serve with: make run"
    )

DEBUG = True
# Of two commands of one name, that of the first app counts: our runserver, then Daphne's.
INSTALLED_APPS = ["vibechat.development", "daphne", *INSTALLED_APPS]
ASGI_APPLICATION = "vibechat.development.asgi.application"
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "vibechat.development.storage.SourceStorage"}}
# Each template is read anew: the usual loaders keep it until Django notices the change, which a page may be before.
LOADERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [TEMPLATES[0] | {"APP_DIRS": False, "OPTIONS": TEMPLATES[0]["OPTIONS"] | {"loaders": LOADERS}}]
# Django's own, which shows tracebacks, and the lines of requests as Daphne writes them.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django.channels.server": {"level": "INFO"}},
}
