"""Creates accounts, sessions and keys for a load directly, because registration would measure bcrypt.

python -m benchmarks.people     in the server's environment; reads a JSON list of emails, prints a JSON list of people
"""

import json
import os
import sys

import django


def make_people(emails: list[str]) -> list[dict]:
    from django.db import transaction

    with transaction.atomic():
        return [make_person(email) for email in emails]


def make_person(email: str) -> dict:
    from accounts.models import Session, User
    from accounts.tokens import first_tokens
    from keys.models import PublicKey

    user = User(email=email, display_name=email.partition("@")[0])
    user.set_unusable_password()
    user.save()
    key, _ = PublicKey.objects.upload(user, new_public_key())
    tokens = first_tokens(Session.objects.begin(user))
    return {"id": user.pk, "email": email, "token": tokens["access"], "fingerprint": key.fingerprint}


def new_public_key() -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vibechat.settings")
    django.setup()
    json.dump(make_people(json.load(sys.stdin)), sys.stdout)
