import base64
from dataclasses import dataclass, field
from typing import Any, Self

from django.db import models
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from accounts.models import Session, User
from messaging.mailboxes import Mailbox, in_mailboxes
from messaging.storage_quota import ROW_BYTES, charge
from vault.browser_list import BrowserList, signature_refused
from vault.formats import FIRST, SignedList, Way, vault_write, verifies
from vault.invitations import Invitation
from vault.passkeys import Passkey, SpentChallenge
from vault.pushes import push_after_commit
from vault.retention import superseded
from vault.streams import Stream, StreamSegment
from vibechat.core.exceptions import Conflict

__all__ = ["BrowserList", "Invitation", "Passkey", "SpentChallenge", "Stream", "StreamSegment", "VaultVersion", "Write"]


@dataclass(frozen=True)
class Write:
    """A version of the vault as a browser gives it. `browsers`: the list that goes with it, if it changes."""

    version: int
    generation: int
    blob: bytes
    hash: bytes
    previous: bytes
    browser: str
    signature: bytes
    ways: list[Way] = field(default_factory=list)
    browsers: SignedList | None = None

    @property
    def size(self) -> int:
        return ROW_BYTES + len(self.blob) + sum(len(way.id) + len(way.kind) + len(way.box) for way in self.ways)


class VaultQuerySet(models.QuerySet["VaultVersion"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user).order_by("-version")


VaultRows = models.Manager.from_queryset(VaultQuerySet)


class VaultManager(VaultRows["VaultVersion"]):
    @in_mailboxes
    def write(self, user: User, session: Session, given: Write) -> "tuple[VaultVersion, set[str]]":
        """Store the next version, and its list of browsers if there is one. Returns the version that is stored then,
        and what has changed: of "version", "ways", "generation", "browsers".

        The lock on the person's mailbox makes writers take turns: of two that follow the same version one gets Conflict
        `vault_changed`. The last write again changes nothing. Raises also Forbidden `proof_needed` or
        `signature_refused`, Conflict `list_changed` or `storage_full`.
        """
        mailbox = Mailbox.lock(user.pk)[user.pk]
        present, known = self.of(user).defer("blob").first(), BrowserList.objects.of(user)
        if present and present.is_repeated_by(given) and (given.browsers is None or known == given.browsers):
            return present, set()
        if (given.version, given.previous) != (present.following() if present else (1, FIRST)):
            raise Conflict("vault_changed", "Another browser has written the vault since.")
        changed = self.changed(given, present)
        if changed & {"ways", "generation"}:
            session.require_proof()
        if given.browsers and BrowserList.objects.store(mailbox, user, session, given.browsers, known):
            changed.add("browsers")
        self.check_signature(user, given, given.browsers or known)
        return self.append(mailbox, user, given), changed

    def changed(self, given: Write, present: "VaultVersion | None") -> set[str]:
        if present is None:
            return {"version", "ways", "generation"}
        if given.generation < present.generation:
            raise ValidationError({"generation": ["This generation is older than the present one."]}, code="too_low")
        if given.generation > present.generation:
            return {"version", "ways", "generation"}
        before, after = ({way.id: way for way in ways} for ways in (present.ways, given.ways))
        if any(before[id] != after[id] for id in before.keys() & after.keys()):
            raise ValidationError({"ways": ["A box changes with the generation alone."]}, code="box_changed")
        return {"version"} | ({"ways"} if before != after else set())

    def check_signature(self, user: User, given: Write, browsers: SignedList | None) -> None:
        key = browsers.keys.get(given.browser) if browsers else None
        signed = vault_write(user, given.version, given.hash)
        if key is None or not verifies(key, given.signature, signed):
            raise signature_refused()

    def append(self, mailbox: Mailbox, user: User, given: Write) -> "VaultVersion":
        now = timezone.now()
        kept = [*self.of(user).values_list("version", "created_at"), (given.version, now)]
        gone = self.of(user).filter(version__in=superseded(kept, now))
        freed = gone.aggregate(size=models.Sum("size"))["size"] or 0
        charge(mailbox, given.size - freed, has_reserve=True)
        gone.delete()
        columns = ("version", "generation", "blob", "hash", "previous", "browser", "signature", "size")
        values = {name: getattr(given, name) for name in columns}
        boxes = [way._replace(box=encoded(way.box)) for way in sorted(given.ways)]
        row = self.create(user=user, created_at=now, boxes=[way._asdict() for way in boxes], **values)
        push_after_commit(user.pk, "vault_changed", version=row.version)
        return row

    @in_mailboxes
    def give_up(self, user: User) -> bool:
        """Delete all versions, and the streams, which nobody can open without. Returns whether there was one."""
        mailbox = Mailbox.lock(user.pk)[user.pk]
        rows = self.of(user)
        size = rows.aggregate(size=models.Sum("size"))["size"]
        if size is None:
            return False
        segments = StreamSegment.objects.filter(stream__user=user)
        charge(mailbox, -size - (segments.aggregate(size=models.Sum("size"))["size"] or 0))
        rows.delete()
        Stream.objects.filter(user=user).delete()
        push_after_commit(user.pk, "vault_changed", version=0)
        return True


def encoded(raw: bytes) -> Any:
    return base64.b64encode(raw).decode()


class VaultVersion(models.Model):
    """A version of a person's vault: sealed bytes, the vault key sealed to each way back, and who has written it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="vault_versions", db_index=False)
    version = models.BigIntegerField()
    generation = models.BigIntegerField()
    blob = models.BinaryField()
    boxes = models.JSONField()  # the ways back, sorted by id: {"id", "kind", "box"}, as the API has them
    hash = models.BinaryField()
    previous = models.BinaryField()
    browser = models.CharField(max_length=32)
    signature = models.BinaryField()
    size = models.IntegerField()  # what the account is charged for it
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = VaultManager()

    class Meta:
        db_table = "vault_versions"
        constraints = [models.UniqueConstraint(fields=["user", "version"], name="vault_versions_once")]

    @property
    def ways(self) -> list[Way]:
        return [Way(way["id"], way["kind"], base64.b64decode(way["box"])) for way in self.boxes]

    def following(self) -> tuple[int, bytes]:
        """(version, previous) of the version after this one."""
        return self.version + 1, bytes(self.hash)

    def is_repeated_by(self, given: Write) -> bool:
        same = (self.version, self.generation, bytes(self.hash), bytes(self.signature))
        return same == (given.version, given.generation, given.hash, given.signature)
