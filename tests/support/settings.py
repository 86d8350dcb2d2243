"""The settings of a server that stories are told on: the real ones, and the real hasher made cheap, for each story
registers somebody."""

from django.contrib.auth.hashers import BCryptSHA256PasswordHasher

from vibechat.settings import *  # noqa: F403

BCryptSHA256PasswordHasher.rounds = 4
