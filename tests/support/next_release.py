"""Settings of a server whose static files are those of another release."""

import os

from tests.support.settings import *  # noqa: F403
from tests.support.settings import STATICFILES_DIRS

STATICFILES_DIRS = [os.environ["NEXT_RELEASE_FILES"], *STATICFILES_DIRS]
