from accounts.models import User
from accounts.own_data import Kind
from keys.models import PublicKey
from keys.serializers import PublicKeySerializer
from vibechat.core.times import iso


def kinds(user: User) -> list[Kind]:
    return [
        Kind(
            "public_keys",
            "Your public keys",
            "What others need to encrypt for you, and to check that a message is yours. The last 100 former ones stay, "
            "and those with which a message was made that is still here. The private keys never leave your browser.",
            (user.public_keys.all(),),
            public_key_json,
        )
    ]


def public_key_json(key: PublicKey) -> dict:
    times = {name: iso(getattr(key, name)) for name in ("proven_at", "created_at", "updated_at")}
    return {"id": key.pk, "is_current": key.is_current, **PublicKeySerializer(key).data, **times}
