#!/usr/bin/env python3
import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    for_development = sys.argv[1:2] == ["runserver"]
    os.environ.setdefault(
        "DJANGO_SETTINGS_MODULE", "vibechat.development.settings" if for_development else "vibechat.settings"
    )
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"VibeChat cannot start:\n{error}")
    except KeyboardInterrupt:
        sys.exit(130)
