"""Secret keys that this server has made for itself, one for each use. All its processes read the same."""

from typing import Self

from django.db import models


class ServerKey(models.Model):
    use = models.CharField(max_length=20, primary_key=True)
    secret = models.BinaryField()

    class Meta:
        db_table = "server_keys"
        app_label = "messaging"

    @classmethod
    def secret_for(cls, use: str, new_secret: bytes) -> bytes:
        """The stored secret; the first call stores `new_secret`."""
        row: Self = cls.objects.get_or_create(use=use, defaults={"secret": new_secret})[0]
        return bytes(row.secret)
