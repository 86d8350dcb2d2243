import hashlib
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from rest_framework.request import Request
from webauthn.helpers import bytes_to_base64url

from accounts.models import Session, User
from vault import webauthn
from vibechat.core.exceptions import Conflict

MOST_PASSKEYS = 20


class SpentChallengeManager(models.Manager["SpentChallenge"]):
    def over(self) -> models.QuerySet["SpentChallenge"]:
        return self.filter(spent_at__lt=timezone.now() - 2 * timedelta(seconds=webauthn.CHALLENGE_SECONDS))

    def spend(self, challenge: bytes) -> None:
        """Raises CredentialRefused if it has been spent before."""
        self.over().delete()
        try:
            with transaction.atomic():
                self.create(digest=hashlib.sha256(challenge).hexdigest())
        except IntegrityError as error:
            raise webauthn.CredentialRefused from error


class SpentChallenge(models.Model):
    """A challenge that a passkey has answered; it is not taken again."""

    digest = models.CharField(max_length=64, unique=True)
    spent_at = models.DateTimeField(default=timezone.now)

    objects = SpentChallengeManager()

    class Meta:
        db_table = "spent_challenges"


class PasskeyManager(models.Manager["Passkey"]):
    def creation_options(self, request: Request, user: User, session: Session) -> dict[str, Any]:
        """Raises Forbidden `proof_needed` or Conflict `too_many_passkeys`."""
        session.require_proof()
        known = [bytes(raw) for raw in self.filter(user=user).values_list("credential_id", flat=True)]
        if len(known) >= MOST_PASSKEYS:
            raise too_many()
        return webauthn.creation_options(request, user, session.pk, known)

    @transaction.atomic
    def add(self, request: Request, user: User, session: Session, credential: dict[str, Any], name: str) -> "Passkey":
        """Raises CredentialRefused, Conflict `passkey_taken` or `too_many_passkeys`. The lock on the account's row
        bounds the number of its passkeys."""
        challenge = webauthn.challenge_of(credential, webauthn.purpose_of(session.pk))
        verified = webauthn.verify_creation(request, credential, challenge)
        user.lock()
        SpentChallenge.objects.spend(challenge)
        if self.filter(user=user).count() >= MOST_PASSKEYS:
            raise too_many()
        values = {"public_key": verified.credential_public_key, "sign_count": verified.sign_count}
        try:
            with transaction.atomic():
                return self.create(user=user, credential_id=verified.credential_id, name=name, **values)
        except IntegrityError as error:
            raise Conflict("passkey_taken", "This passkey is here already.") from error

    @transaction.atomic
    def use(self, request: Request, credential: dict[str, Any]) -> "Passkey":
        """The passkey that the credential proves, of an active account. Raises CredentialRefused. The row lock makes
        uses of one passkey take turns, so that its counter only rises."""
        challenge = webauthn.challenge_of(credential, webauthn.LOG_IN)
        rows = self.select_for_update(of=("self",), no_key=True).select_related("user")
        row = rows.filter(credential_id=webauthn.credential_id_of(credential), user__is_active=True).first()
        if row is None or not webauthn.handle_fits(credential, row.user):
            raise webauthn.CredentialRefused
        verified = webauthn.verify_use(request, credential, challenge, bytes(row.public_key), row.sign_count)
        SpentChallenge.objects.spend(challenge)
        row.sign_count, row.last_used_at = verified.new_sign_count, timezone.now()
        row.save(update_fields=["sign_count", "last_used_at"])
        return row


def too_many() -> Conflict:
    return Conflict("too_many_passkeys", "There are too many passkeys. Remove one first.")


class Passkey(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys")
    credential_id = models.BinaryField(max_length=webauthn.MOST_CREDENTIAL_ID_BYTES, unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField()
    name = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True)

    objects = PasskeyManager()

    class Meta:
        db_table = "passkeys"

    @property
    def credential(self) -> str:
        """The id as WebAuthn writes it."""
        return bytes_to_base64url(bytes(self.credential_id))
