"""The settings of servers under test: the real ones, with few rounds for the password hasher."""

from django.contrib.auth.hashers import BCryptSHA256PasswordHasher

from vibechat.settings import *  # noqa: F403

BCryptSHA256PasswordHasher.rounds = 4
