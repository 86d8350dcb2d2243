"""Settings from environment variables; .env.example lists them all.

On loopback the defaults suffice (SQLite, in-memory channel layer). If ALLOWED_HOSTS names a public host, the variables
for production are required. A missing or malformed value stops the start with a sentence.
"""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from vibechat.core.environment import (
    env_bool,
    env_choice,
    env_database,
    env_hosts,
    env_int,
    env_list,
    env_point,
    env_redis_url,
    env_text,
    is_loopback,
    is_strong_secret,
    writes_to_folder,
)
from vibechat.core.logs import LOGGING  # noqa: F401  (a setting)
from vibechat.core.mail import env_email
from vibechat.core.secret_key import kept_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

# --- deployment ------------------------------------------------------------------------------------------------------

DEBUG = False
PORT = env_int("PORT", 8000, least=1, most=65535)
BIND = env_text("BIND", "127.0.0.1")
VAR_DIR = Path(env_text("VAR_DIR", str(BASE_DIR / "var")))
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
PUBLIC = not is_loopback(BIND) or any(not is_loopback(host) for host in ALLOWED_HOSTS)
HTTPS = env_bool("HTTPS", False)
BEHIND_PROXY = env_bool("BEHIND_PROXY", False)
RATELIMIT_ENABLE = env_bool("RATELIMIT_ENABLE", True)
REDIS_URL = env_redis_url("REDIS_URL")
DATABASE = env_database("DATABASE_URL")
SECRET_KEY = env_text("SECRET_KEY")


def public_server_errors() -> Iterator[str]:
    """A sentence for each variable that a public server lacks."""
    if any("*" in host or host.startswith(".") for host in ALLOWED_HOSTS):
        yield "ALLOWED_HOSTS must name each host: wildcards are refused."
    if not is_strong_secret(SECRET_KEY):
        yield "Set SECRET_KEY to 50 or more random characters: ALLOWED_HOSTS names a public host."
    if not DATABASE:
        yield "Set DATABASE_URL to postgres://user:password@host:5432/name: ALLOWED_HOSTS names a public host."
    if not REDIS_URL:
        yield "Set REDIS_URL to redis://host:6379/0: ALLOWED_HOSTS names a public host."
    if not HTTPS:
        yield "Set HTTPS=True and serve over TLS: browsers have no Web Crypto on a public host without it."
    if not BEHIND_PROXY:
        yield "Set BEHIND_PROXY=True and put nginx in front (docs/deploy.md): this server speaks no TLS itself."
    if not RATELIMIT_ENABLE:
        yield "Unset RATELIMIT_ENABLE: a public server keeps its rate limits."


if PUBLIC and (errors := list(public_server_errors())):
    raise ImproperlyConfigured("\n".join(errors))
if not SECRET_KEY:
    with writes_to_folder("VAR_DIR", VAR_DIR):
        SECRET_KEY = kept_secret_key(VAR_DIR)

# --- the application -------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "vibechat",
    "accounts",
    "keys",
    "contacts",
    "files",
    "messaging",
    "vault",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "channels",
    "rest_framework",
    "drf_spectacular",
]

# Only the admin needs these. Headers, body limit, error format and request log are ASGI middleware
# (vibechat/core/middleware/).
MIDDLEWARE = [
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "vibechat.urls"
ASGI_APPLICATION = "vibechat.asgi.application"
APPEND_SLASH = False
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- database, channel layer, caches ---------------------------------------------------------------------------------


def sqlite() -> dict:
    with writes_to_folder("VAR_DIR", VAR_DIR):
        VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": VAR_DIR / "vibechat.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864;",
        },
    }


def postgresql() -> dict:
    """The threads of requests share a pool of connections. It checks each connection; otherwise every connection would
    cause one error after a restart of the database."""
    pool = {"min_size": 1, "max_size": env_int("DATABASE_POOL_SIZE", 10, least=1, most=1000), "timeout": 5}
    return DATABASE | {
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": DATABASE.get("OPTIONS", {}) | {"pool": pool, "connect_timeout": 5},
    }


DATABASES = {"default": postgresql() if DATABASE else sqlite()}

FOR_EVER_SECONDS = 50 * 365 * 24 * 3600
if REDIS_URL:
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "vibechat.core.channel_layers.RedisLayer",
            "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2}]},
        }
    }
else:
    # The readers limit their own queues, and a jump of the clock must not end a membership.
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "vibechat.core.channel_layers.MemoryLayer",
            "CONFIG": {"capacity": 10_000, "expiry": FOR_EVER_SECONDS, "group_expiry": FOR_EVER_SECONDS},
        }
    }

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "ratelimit": {"BACKEND": "vibechat.core.rate_limit_cache.RateLimitCache", "LOCATION": REDIS_URL},
}

# --- people and sessions ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.BCryptSHA256PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "display_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "accounts.passwords.NormalFormValidator"},
]
REGISTRATION = env_choice("REGISTRATION", "open", ("open", "closed"))
ACCESS_TOKEN_LIFETIME = timedelta(seconds=env_int("ACCESS_TOKEN_SECONDS", 600, least=1, most=86_400))
SESSION_LIFETIME = timedelta(days=env_int("SESSION_DAYS", 30, least=1, most=3650))
REFRESH_REPEAT_SECONDS = 10
PROOF_LIFETIME = timedelta(minutes=15)  # how long a session may change ways back after it has shown the password
CLOCK_LEEWAY_SECONDS = 60  # how far the clock of a process may be behind the database's
# Browsers send a host's cookies to all its ports, so two deployments on one host need different names. The hashed value
# is the same for all processes of a deployment.
DEPLOYMENT = hashlib.sha256(
    f"VibeChat cookies:{SECRET_KEY}:{DATABASE.get('NAME') or VAR_DIR.resolve()}".encode()
).hexdigest()[:8]
REFRESH_COOKIE = f"vibechat_refresh_{DEPLOYMENT}"
KNOWN_BROWSER_COOKIE = f"vibechat_known_{DEPLOYMENT}"
SESSION_COOKIE_NAME = f"vibechat_admin_{DEPLOYMENT}"
CSRF_COOKIE_NAME = f"vibechat_csrf_{DEPLOYMENT}"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # the cookie storage has a fixed name
KNOWN_FOR = timedelta(days=90)
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": ACCESS_TOKEN_LIFETIME,
    "REFRESH_TOKEN_LIFETIME": SESSION_LIFETIME,
    "LEEWAY": CLOCK_LEEWAY_SECONDS,  # for `iat` and `nbf`; accounts/tokens.py allows none for `exp`
    "SIGNING_KEY": hashlib.sha256(b"VibeChat tokens:" + SECRET_KEY.encode()).hexdigest(),
}

# --- email -----------------------------------------------------------------------------------------------------------

EMAIL = env_email("EMAIL_URL", PUBLIC)
MAIL = bool(EMAIL)  # without it, only operators make links for new passwords
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
globals().update(EMAIL)
# Of Chromium, Firefox, Safari and Edge.
PUSH_SERVICES = (
    "fcm.googleapis.com,updates.push.services.mozilla.com,*.push.services.mozilla.com,*.push.apple.com,"
    "*.notify.windows.com"
)
PUSH_HOSTS = env_hosts("PUSH_HOSTS", PUSH_SERVICES)
# The public half of the operators' key for reports: `manage.py report_key`. Empty: no reports are taken.
REPORT_KEY = env_point("REPORT_KEY")
REPORT_DAYS = env_int("REPORT_DAYS", 90, least=1, most=3650)
PUSH_CONTACT = f"https://{ALLOWED_HOSTS[0]}"  # for the operators of a push service
PASSWORD_RESET_TIMEOUT = 24 * 3600  # of links for a new password; accounts/reset_links.py tells the reader

# --- REST ------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.SessionTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["vibechat.core.json.StrictJSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "vibechat.core.json.AlwaysJSON",
    "DEFAULT_SCHEMA_CLASS": "vibechat.openapi.Schema",
    "EXCEPTION_HANDLER": "vibechat.core.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS would reveal the names of our classes
}
SPECTACULAR_SETTINGS = {
    "TITLE": "VibeChat",
    "DESCRIPTION": "The REST API of VibeChat. The server stores and hands on ciphertext; it cannot read it.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": ["vibechat.openapi.complete"],
}
BODY_LIMIT_BYTES = 128 * 1024
LARGE_BODY_LIMIT_BYTES = 1536 * 1024
LARGE_BODY_PATHS = r"/api/vault|/api/streams/.*"
FILE_PART_BYTES = 4 * 1024 * 1024
FILE_PART_PATHS = r"/api/files/[^/]+/parts/[^/]+"
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT_BYTES
CORS_ALLOWED_ORIGINS = env_list("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/.*$"

# --- sockets ---------------------------------------------------------------------------------------------------------

SOCKETS_PER_USER = 50
SOCKET_FRAME_BYTES = 128 * 1024
SOCKET_FRAMES_PER_SECOND = 50
SOCKET_FRAMES_BURST = 200
SOCKET_UNSENT_BYTES = 1024 * 1024
SOCKET_CONNECT_SECONDS = 10
SOCKET_CHECK_SECONDS = env_int("SOCKET_CHECK_SECONDS", 20, least=1, most=45)

# --- limits ----------------------------------------------------------------------------------------------------------

RATELIMIT_USE_CACHE = "ratelimit"
RATELIMIT_CACHE_PREFIX = "vibechat:limit:"
# Requests per window; successful attempts count too.
RATE_LIMITS = {
    "register": {"address": "60/10m"},
    "login": {"address": "60/5m", "email+address": "10/5m", "email": "300/h"},
    "admin_login": {"email+address": "10/15m", "address": "20/5m", "email": "300/h"},
    "known_browser": {"cookie": "10/h"},
    "refresh": {"address": "120/m"},
    "reset_link": {"address": "30/h", "email+address": "5/h", "email": "20/h"},
    "reset_password": {"address": "30/10m"},
    "confirm": {"account": "10/10m"},
    "key_challenge": {"account": "60/10m"},
    "key_upload": {"account": "30/10m"},
    "key_lookup": {"account": "300/m"},
    "contact_add": {"account": "60/m"},
    "file_create": {"account": "600/h"},  # the answer reveals who has an account
    "file_part": {"account": "1200/10m"},
    "file_read": {"account": "3000/10m"},
    "push": {"account": "30/10m"},
    "report": {"account": "20/h"},
    "push_woken": {"address": "600/10m"},
    "proof": {"account": "10/10m"},
    "vault_read": {"account": "120/10m"},
    "vault_write": {"account": "120/10m"},
    "browsers_write": {"account": "60/10m"},
    "stream_read": {"account": "1200/10m"},
    "stream_write": {"account": "600/10m"},
    "invitation": {"account": "10/h"},
    "invitation_guess": {"account": "30/h"},
    "passkeys": {"account": "30/10m"},
    "passkey_options": {"address": "120/5m"},
    "passkey_login": {"address": "60/5m"},
}
# The storage limit of an account: docs/deploy.md.
ACCOUNT_STORAGE_BYTES = env_int("ACCOUNT_STORAGE_BYTES", 1024**3, least=1_000_000, most=10**12 - 1)
# The limits of files: docs/deploy.md. FILE_BYTES is that of a file before it is sealed; the others count sealed bytes.
FILE_BYTES = env_int("FILE_BYTES", 100 * 1024**2, least=100_000, most=10**12 - 1)
FILES_PER_MESSAGE = env_int("FILES_PER_MESSAGE", 20, least=1, most=40)
FILES_STORED_BYTES = env_int("FILES_STORED_BYTES", 1024**3, least=100_000, most=10**12 - 1)
FILES_DAY_BYTES = env_int("FILES_DAY_BYTES", 2 * 1024**3, least=100_000, most=10**12 - 1)
# Messages a second and burst, by POST and socket together.
SEND_LIMITS = {"account": (20, 100), "address": (100, 500)}
EPHEMERAL_LIMITS = {"account": (5, 20), "address": (50, 200), "socket": (2, 10), "pair": (1, 6)}

# --- HTTPS, cookies, static files ------------------------------------------------------------------------------------

# Our ASGI middleware sets the headers of Django's SecurityMiddleware and XFrameOptionsMiddleware; nginx redirects HTTP
# to HTTPS.
SILENCED_SYSTEM_CHECKS = ["security.W001", "security.W002"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if HTTPS and not is_loopback(host)]

STATIC_URL = "/static/"
STATIC_ROOT = Path(env_text("STATIC_ROOT", str(VAR_DIR / "static")))
# The browser libraries fetched by deploy/vendor.py; the pages also work without them.
VENDOR_DIR = BASE_DIR / ".venv" / "vendor"
STATICFILES_DIRS = [BASE_DIR / "static", *([("vendor", VENDOR_DIR)] if VENDOR_DIR.is_dir() else [])]
FILES_DIR = Path(env_text("FILES_DIR", str(VAR_DIR / "files")))
FILES_S3_BUCKET = env_text("FILES_S3_BUCKET")


def file_storage() -> dict[str, Any]:
    """A folder, or a bucket of S3 by django-storages, which is installed for it (docs/deploy.md)."""
    if not FILES_S3_BUCKET:
        options = {"location": FILES_DIR, "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    if not find_spec("storages") or not find_spec("boto3"):
        raise ImproperlyConfigured(
            "FILES_S3_BUCKET needs django-storages: .venv/bin/python -m pip install 'django-storages[s3]'."
        )
    endpoint = {"endpoint_url": env_text("FILES_S3_ENDPOINT")} if env_text("FILES_S3_ENDPOINT") else {}
    region = {"region_name": env_text("FILES_S3_REGION")} if env_text("FILES_S3_REGION") else {}
    options = {"bucket_name": FILES_S3_BUCKET, "default_acl": "private", "file_overwrite": True, **endpoint, **region}
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "files": file_storage(),
    "staticfiles": {"BACKEND": "vibechat.core.static_storage.StaticFilesStorage"},
}
