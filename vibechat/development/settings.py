"""Settings of `make dev` and `manage.py runserver`: debug pages, and static files from their folders with unhashed
names.

A public host is refused, because debug pages show settings and source code to every visitor.
"""

from django.core.exceptions import ImproperlyConfigured

from vibechat.settings import *  # noqa: F403
from vibechat.settings import INSTALLED_APPS, MAIL, PUBLIC, STORAGES, TEMPLATES

if PUBLIC:
    raise ImproperlyConfigured(
        "The development server shows settings and source code to whoever asks, and ALLOWED_HOSTS or BIND names a "
        "public host. Unset them, or serve with: make run"
    )

DEBUG = True
# The first app that defines a command wins, so our runserver precedes Daphne's.
INSTALLED_APPS = ["vibechat.development", "daphne", *INSTALLED_APPS]
ASGI_APPLICATION = "vibechat.development.asgi.application"
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "vibechat.development.storage.SourceStorage"}}
# Templates are not cached: the default loaders drop them only when Django notices a change, which may be too late.
LOADERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [TEMPLATES[0] | {"APP_DIRS": False, "OPTIONS": TEMPLATES[0]["OPTIONS"] | {"loaders": LOADERS}}]
if not MAIL:  # emails are printed
    MAIL, EMAIL_BACKEND = True, "django.core.mail.backends.console.EmailBackend"
# Django's default logging with tracebacks, and Daphne's request lines.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django.channels.server": {"level": "INFO"}},
}
