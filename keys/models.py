from collections.abc import Callable
from typing import Any, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone

from accounts.models import User
from keys.proof import proof_expired
from keys.public_key_encoding import fingerprint, pem_to_base64, same_key_fingerprints, to_pem
from keys.retention import keep_where_needed, named_by_messages
from vibechat.core.exceptions import Conflict
from vibechat.core.logs import security_event

# Functions of a user id that run when the user's current key is replaced. messaging registers its own in apps.py,
# because keys may not import messaging.
after_replacement: list[Callable[[int], object]] = []

KEPT_FORMER_KEYS = 100  # of an account, besides those that messages name


class PublicKeyQuerySet(models.QuerySet["PublicKey"]):
    def current(self) -> Self:
        return self.filter(is_current=True)


PublicKeyRows = models.Manager.from_queryset(PublicKeyQuerySet)


class PublicKeyManager(PublicKeyRows["PublicKey"]):
    @transaction.atomic
    def upload(
        self,
        user: User,
        spki: bytes,
        replaces: str | None = None,
        identity_key: bytes | None = None,
        identity_signature: bytes | None = None,
        proven_state: str | None = None,
    ) -> "tuple[PublicKey, bool]":
        """Make `spki` the user's current key. Returns (key, whether it is new).

        `proven_state` is the key state (key_state_of) in the challenge of a valid proof. The lock on the user's row
        makes concurrent uploads take turns, so of two browsers that replace the same key one gets `key_changed`.
        """
        user.lock()
        current = self.current().filter(user=user).first()
        if replaces is not None and replaces != getattr(current, "fingerprint", None):
            raise Conflict("key_changed", "Another browser has put another key here since.")
        if proven_state not in (None, key_state_of(current)):
            raise proof_expired()
        self._resolve_copies(user, spki, is_proven=proven_state is not None)
        values: dict[str, Any] = {"identity_key": identity_key, "identity_signature": identity_signature}
        values["proven_at"] = timezone.now() if proven_state is not None else None
        key = self.filter(user=user, fingerprint=fingerprint(spki)).first()
        if current and current != key:
            self.filter(pk=current.pk).update(is_current=False, updated_at=timezone.now())
            for callback in after_replacement:
                callback(user.pk)
        try:
            uploaded = (key.make_current(values), False) if key else (self._create(user, spki, values), True)
        except IntegrityError as error:  # another account has proven the key concurrently
            raise key_taken() from error
        self._delete_old_former_keys(user)
        return uploaded

    def _delete_old_former_keys(self, user: User) -> None:
        former = self.filter(user=user, is_current=False)
        kept = list(former.order_by("-updated_at", "-pk").values_list("pk", flat=True)[:KEPT_FORMER_KEYS])
        if len(kept) == KEPT_FORMER_KEYS:
            old = former.exclude(pk__in=kept)
            for queries in named_by_messages:
                for fingerprints in queries(user.pk):
                    old = old.exclude(fingerprint__in=fingerprints)
            old.delete()

    def _resolve_copies(self, user: User, spki: bytes, is_proven: bool) -> None:
        """Refuse a key that another account has proven. A proof by this account ends the unproven copies of others."""
        same = self.filter(fingerprint__in=same_key_fingerprints(spki), user__isnull=False).exclude(user=user)
        if same.filter(proven_at__isnull=False).exists():
            raise key_taken()
        if is_proven:
            for copy in same.current():
                security_event("key_copy_ended", user=copy.user_id, fingerprint=copy.fingerprint)
            same.current().update(is_current=False, updated_at=timezone.now())

    def _create(self, user: User, spki: bytes, values: dict[str, Any]) -> "PublicKey":
        return self.create(
            user=user, email=user.email, public_key_pem=to_pem(spki), fingerprint=fingerprint(spki), **values
        )


def key_taken() -> Conflict:
    return Conflict("key_taken", "Another account has proven that this key is its own.")


def key_state_of(current: "PublicKey | None") -> str:
    """Identifies the state of an account's keys. It changes with each upload."""
    return f"{current.pk} {current.updated_at.isoformat()}" if current else ""


class PublicKey(models.Model):
    """A current or former public key of an account.

    A key outlives its account while others hold messages that name it, because they need it to open them.
    """

    user = models.ForeignKey(User, null=True, on_delete=keep_where_needed, related_name="public_keys")
    email = models.EmailField(max_length=255)
    public_key_pem = models.TextField()
    fingerprint = models.CharField(max_length=64)
    algorithm = models.CharField(max_length=20, default="ECDH")
    identity_key = models.CharField(max_length=1024, null=True)
    identity_signature = models.CharField(max_length=1024, null=True)
    is_current = models.BooleanField(default=True)
    proven_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = PublicKeyManager()

    class Meta:
        db_table = "public_keys"
        indexes = [models.Index(fields=["fingerprint"], name="public_keys_fingerprint")]
        constraints = [
            models.UniqueConstraint(fields=["user", "fingerprint"], name="public_keys_once_a_user"),
            models.UniqueConstraint(fields=["user"], condition=Q(is_current=True), name="public_keys_one_current"),
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=Q(proven_at__isnull=False, user__isnull=False),
                name="public_keys_proven_once",
            ),
            models.CheckConstraint(condition=Exact(Length("fingerprint"), 64), name="public_keys_fingerprint_length"),
            models.CheckConstraint(condition=Q(algorithm="ECDH"), name="public_keys_algorithm_known"),
        ]

    @property
    def public_key(self) -> str:
        return pem_to_base64(self.public_key_pem)

    def make_current(self, values: dict[str, Any]) -> Self:
        for name, value in values.items():
            if value is not None:
                setattr(self, name, value)
        self.is_current, self.updated_at = True, timezone.now()
        self.save()
        return self
