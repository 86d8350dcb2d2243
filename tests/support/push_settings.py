"""Settings of a server whose push service is the one on this machine."""

from tests.support.settings import *  # noqa: F403
from tests.support.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.support.local_push.LocalPush"]
