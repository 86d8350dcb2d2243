import base64

from django.db import models
from django.utils import timezone

from accounts.models import Session, User
from keys.models import PublicKey
from messaging.mailboxes import Mailbox, in_mailboxes
from messaging.storage_quota import ROW_BYTES, charge
from vault.formats import SignedList
from vault.pushes import push_after_commit
from vibechat.core.exceptions import Conflict, Forbidden, NotFound


class BrowserListManager(models.Manager["BrowserList"]):
    def of(self, user: User) -> SignedList | None:
        raw = self.filter(user=user).values_list("raw", flat=True).first()
        return None if raw is None else SignedList.read(bytes(raw))

    @in_mailboxes
    def upload(self, user: User, session: Session, given: SignedList) -> bool:
        """Store a signed list; returns whether it is another than before. The sessions of browsers that it does not
        hold end.

        Raises Conflict `list_changed`, Forbidden `proof_needed` or `signature_refused`.
        """
        mailbox = Mailbox.lock(user.pk)[user.pk]
        return self.store(mailbox, user, session, given, self.of(user))

    @in_mailboxes
    def bind(self, user: User, session: Session, browser: str) -> None:
        """Bind the session to a browser of the list. Takes turns with `upload`, which ends the sessions of browsers
        that left the list. Raises NotFound `browser_not_found` or Forbidden `proof_needed`."""
        Mailbox.lock(user.pk)
        browsers = self.of(user)
        if browsers is None or browser not in browsers.keys:
            raise NotFound("browser_not_found", "This browser is not in the list.")
        session.bind(browser)

    def store(
        self, mailbox: Mailbox, user: User, session: Session, given: SignedList, present: SignedList | None
    ) -> bool:
        """In the caller's transaction, which has locked the mailbox."""
        if present and present.raw == given.raw:
            return False
        if present and given.version <= present.version:
            raise Conflict("list_changed", "Another browser has changed the list of browsers since.")
        session.require_proof()
        identity = current_identity(user)
        if identity is None or not given.is_signed_by(identity, user):
            raise signature_refused()
        charge(mailbox, list_bytes(given) - (list_bytes(present) if present else 0), has_reserve=True)
        values = {"version": given.version, "raw": given.raw, "updated_at": timezone.now()}
        self.update_or_create(user=user, defaults=values)
        user.sessions.outside(given.keys).end()
        push_after_commit(user.pk, "browsers_changed", version=given.version)
        return True


def list_bytes(browsers: SignedList) -> int:
    return ROW_BYTES + len(browsers.raw)


def current_identity(user: User) -> bytes | None:
    """The lock on the account's row makes a concurrent upload of a key wait. Raises NotAuthenticated."""
    user.lock()
    key = PublicKey.objects.current().filter(user=user).first()
    return base64.b64decode(key.identity_key) if key and key.identity_key else None


def signature_refused() -> Forbidden:
    return Forbidden("signature_refused", "The signature is not by a key that this account has named.")


class BrowserList(models.Model):
    """The list of a person's browsers, signed by the account's identity: docs/protocol.md §16."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="browser_list")
    version = models.BigIntegerField()
    raw = models.BinaryField()
    updated_at = models.DateTimeField(default=timezone.now)

    objects = BrowserListManager()

    class Meta:
        db_table = "browser_lists"
