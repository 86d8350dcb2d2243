import datetime
from collections.abc import Iterable
from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from keys.models import PublicKey
from messaging.mailboxes import Mailbox, in_mailboxes
from messaging.message_files import MessageFile, release
from messaging.realtime import dispatcher, payloads
from messaging.reports.report import Report  # noqa: F401  # Django finds an app's models here
from messaging.storage_quota import RECEIPT_TYPE, TEXT_COLUMNS, credit_senders, stored_size
from messaging.web_push.subscriptions import PushSubscription  # noqa: F401  # Django finds an app's models here

CLIENT_ID_MEMORY = datetime.timedelta(days=30)
DELETIONS_KEPT = 100_000  # sequences of a mailbox


class MessageQuerySet(models.QuerySet["Message"]):
    def received_by(self, user: User) -> Self:
        return self.addressed_to(user).filter(recipient_sequence__isnull=False)

    def addressed_to(self, user: User) -> Self:
        """Also what has not reached the user, because the user has blocked its sender."""
        return self.filter(recipient=user, recipient_cleared=False)

    def sent_by(self, user: User) -> Self:
        return self.filter(sender=user, sender_cleared=False)

    def received_from(self, user: User, email: str) -> Self:
        return self.received_by(user).filter(sender_email=email)

    def sent_to(self, user: User, email: str) -> Self:
        return self.sent_by(user).filter(recipient_email=email)

    def between(self, user: User, email: str) -> Self:
        """Messages that `user` has not cleared, with an address, even if another account has that address now."""
        return self.received_from(user, email) | self.sent_to(user, email)

    def settle(self) -> None:
        """Call it before deletion: it credits the senders, keeps the client_ids, so that repeats are refused, and lets
        go of the files."""
        release(self)
        is_spent = Exists(SpentClientId.objects.filter(sender=OuterRef("sender"), client_id=OuterRef("client_id")))
        rows = list(self.exclude(sender=None).values_list("sender_id", "client_id", stored_size(), is_spent))
        credit_senders(rows)
        spent = [
            SpentClientId(sender_id=sender_id, client_id=client_id) for sender_id, client_id, *_ in rows if client_id
        ]
        SpentClientId.objects.bulk_create(
            spent,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["sender", "client_id"],
            update_fields=["deleted_at"],
        )

    settle.queryset_only = True  # type: ignore[attr-defined]  # as Django reads it

    def forget(self) -> int:
        """Delete the rows; returns how many messages were deleted."""
        self.settle()
        return self.delete()[0]

    forget.queryset_only = True  # type: ignore[attr-defined]  # as Django reads it

    def delete_for_everyone(self, mailboxes: dict[int, Mailbox]) -> int:
        """Delete the rows and tell everybody who has kept them; `mailboxes` are theirs, locked."""
        messages = list(self.order_by("pk").defer(*TEXT_COLUMNS))
        enter_deletions(messages, mailboxes)
        return self.model.objects.filter(pk__in=[message.pk for message in messages]).forget()

    delete_for_everyone.queryset_only = True  # type: ignore[attr-defined]  # as Django reads it

    def fingerprints_named(self, user_id: int) -> list[QuerySet[Any]]:
        """Queries for the fingerprints of an account's keys that its messages name."""
        return [
            self.filter(**{side: user_id, f"{side}_fingerprint__isnull": False}).values(f"{side}_fingerprint")
            for side in ("sender", "recipient")
        ]

    def fingerprints_others_need(self, user_id: int, fingerprints: Iterable[str]) -> set[str]:
        """The fingerprints of a deleted account's keys that a message kept by somebody else names."""
        theirs = self.filter(
            Q(sender=user_id, recipient__isnull=False, recipient_cleared=False)
            | Q(recipient=user_id, sender__isnull=False, sender_cleared=False)
        )
        named = Q(sender_fingerprint=OuterRef("fingerprint")) | Q(recipient_fingerprint=OuterRef("fingerprint"))
        keys = PublicKey.objects.filter(user=user_id, fingerprint__in=fingerprints)
        return set(keys.filter(Exists(theirs.filter(named))).values_list("fingerprint", flat=True))


MessageRows = models.Manager.from_queryset(MessageQuerySet)


class MessageManager(MessageRows["Message"]):
    @in_mailboxes
    def mark(self, user: User, delivered: Iterable[int] = (), read: Iterable[int] = ()) -> int:
        """Set the delivered and read times that are not set; returns how many of `user`'s received messages changed.

        Each changed message takes a sequence in the recipient's mailbox, and in the sender's unless the sender has
        cleared it.
        """
        wanted = self.received_by(user).filter(Q(pk__in=read, read_at=None) | Q(pk__in=delivered, delivered_at=None))
        senders = wanted.values_list("sender_id", flat=True).distinct().order_by()
        mailboxes = Mailbox.lock(user.pk, *senders)
        read, now, changed = set(read), timezone.now(), []
        present = wanted.filter(Q(sender=None) | Q(sender__in=mailboxes)).order_by("pk")
        for message in present.defer(*TEXT_COLUMNS):
            message.delivered_at = message.delivered_at or now
            message.read_at = message.read_at or (now if message.pk in read else None)
            message.take_sequences(mailboxes)
            changed.append(message)
        if changed:
            self.bulk_update(changed, ["delivered_at", "read_at", "recipient_sequence", "sender_sequence"])
            save_sequences(mailboxes)
            dispatcher.after_commit(payloads.message_status_pushes(changed))
        return len(changed)

    @in_mailboxes
    def remove(self, user: User, message_id: int, for_everyone: bool) -> bool:
        """Delete one message for `user` alone or, as its sender, for both people.

        False if `user` has no such message and has deleted none of this id. A repeat changes nothing.
        """
        of_user = Q(sender=user) if for_everyone else Q(sender=user) | Q(recipient=user)
        row = self.filter(of_user, pk=message_id)
        people = row.values_list("sender", "recipient").first()
        mailboxes = Mailbox.lock(*(people or ()))
        message = row.defer(*TEXT_COLUMNS).first() if people else None  # one that comes now is in no locked mailbox
        if message is None or not (for_everyone or user.pk in message.kept_by()):
            return Deletion.objects.filter(user=user, message_id=message_id).exists()
        if for_everyone or message.kept_by() == [user.pk]:
            row.delete_for_everyone(mailboxes)
        else:
            enter_deletions([message], {user.pk: mailboxes[user.pk]})
            row.update(**{"sender_cleared" if message.sender_id == user.pk else "recipient_cleared": True})
        return True

    @in_mailboxes
    def clear(self, user: User, email: str, through: int | None = None) -> int:
        """Clear a conversation for `user` alone; returns the number of messages. What both have cleared is deleted.

        `through`: only messages up to this id. If at least one is found, all receipts are cleared as well.
        """
        other = User.objects.filter(email=email).first()
        mailboxes = Mailbox.lock(user.pk, other.pk if other else None)
        bound = Q()
        if through is not None:
            if not self.between(user, email).filter(pk__lte=through).exists():
                return 0
            bound = Q(pk__lte=through) | Q(message_type=RECEIPT_TYPE)
        count = self.received_from(user, email).filter(bound).count() + self.sent_to(user, email).filter(bound).count()
        addressed = self.addressed_to(user).filter(bound, sender_email=email)
        sent = self.sent_to(user, email).filter(bound)
        addressed.filter(Q(sender=None) | Q(sender_cleared=True)).forget()
        sent.filter(Q(recipient=None) | Q(recipient_cleared=True)).forget()
        addressed.update(recipient_cleared=True)
        sent.update(sender_cleared=True)
        if count:
            sequence = mailboxes[user.pk].next_sequence()
            now = {"sequence": sequence, "through": through}
            Clearing.objects.update_or_create(user=user, email=email, defaults=now)
            save_sequences({user.pk: mailboxes[user.pk]})
            dispatcher.after_commit([payloads.conversation_cleared_push(user.pk, email, sequence, through)])
        return count


def names_file(user: User, file_id: str) -> bool:
    """Does a message that `user` has sent or received, and still keeps, name the file?"""
    messages = Message.objects.filter(pk__in=MessageFile.objects.filter(file=file_id).values("message"))
    return (messages.received_by(user) | messages.sent_by(user)).exists()


def save_sequences(mailboxes: dict[int, Mailbox]) -> None:
    Mailbox.objects.bulk_update(mailboxes.values(), ["sequence"])


def leave_to_others(collector: Any, field: Any, messages: Any, using: str) -> None:
    """An on_delete: the other person keeps the messages of a deleted account; what nobody keeps is deleted."""
    other = "recipient" if field.name == "sender" else "sender"
    leaving = [user.pk for user in collector.data.get(User, ())]
    nobodys = Q(**{other: None}) | Q(**{f"{other}_cleared": True}) | Q(**{f"{other}__in": leaving})
    nobodys |= Q(recipient_sequence=None) if other == "recipient" else Q()
    kept, gone = messages.exclude(nobodys), messages.filter(nobodys)
    if kept.exists():
        models.SET_NULL(collector, field, kept, using)
    if gone.exists():
        release(gone)
        others = gone.exclude(sender__in=leaving)
        Message.objects.filter(pk__in=others.values("pk")).settle()
        models.CASCADE(collector, field, gone, using)


def lock_before_deletion(user_id: int) -> None:
    """Locks the account's mailbox, and those of the senders whom its deletion credits."""
    credited = Message.objects.filter(recipient=user_id, sender_cleared=True).exclude(sender=None).order_by()
    Mailbox.lock_existing({user_id, *credited.values_list("sender", flat=True).distinct()})


leave_to_others.lazy_sub_objs = True  # type: ignore[attr-defined]  # otherwise the collector reads every ciphertext first


class Message(models.Model):
    """An envelope: sender, recipient, times, and ciphertext that the server cannot decrypt."""

    sender = models.ForeignKey(User, null=True, on_delete=leave_to_others, related_name="sent_messages", db_index=False)
    recipient = models.ForeignKey(
        User, null=True, on_delete=leave_to_others, related_name="received_messages", db_index=False
    )
    # Decryption needs the addresses after the accounts are deleted.
    sender_email = models.EmailField(max_length=255)
    recipient_email = models.EmailField(max_length=255)
    client_id = models.UUIDField(null=True)
    ciphertext = models.TextField()
    nonce = models.CharField(max_length=64, null=True)
    salt = models.CharField(max_length=64, null=True)
    message_type = models.CharField(max_length=20, default="text")
    suite = models.PositiveSmallIntegerField(default=1)
    sender_fingerprint = models.CharField(max_length=64, null=True)
    recipient_fingerprint = models.CharField(max_length=64, null=True)
    quiet = models.BooleanField(default=False, db_default=False)  # no news: neither unread nor last message
    delete_after = models.DateTimeField(null=True)
    tag = models.CharField(max_length=88, null=True)
    files = models.TextField(default="", db_default="")  # ids with a space between them
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    sender_sequence = models.BigIntegerField()
    recipient_sequence = models.BigIntegerField(null=True)  # null: the recipient has blocked the sender
    sender_cleared = models.BooleanField(default=False)
    recipient_cleared = models.BooleanField(default=False)

    objects = MessageManager()

    class Meta:
        db_table = "messages"
        indexes = [
            models.Index(fields=["recipient", "id"], name="messages_inbox"),
            models.Index(fields=["sender", "id"], name="messages_sent"),
            models.Index(fields=["recipient", "sender_email", "id"], name="messages_received_from"),
            models.Index(fields=["sender", "recipient_email", "id"], name="messages_sent_to"),
            models.Index(
                fields=["delete_after"], condition=Q(delete_after__isnull=False), name="messages_delete_after"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["sender", "client_id"], name="messages_client_id_once"),
            models.UniqueConstraint(fields=["sender", "sender_sequence"], name="messages_sender_sequence_once"),
            models.UniqueConstraint(
                fields=["recipient", "recipient_sequence"], name="messages_recipient_sequence_once"
            ),
            models.CheckConstraint(condition=~Q(sender=F("recipient")), name="messages_not_to_oneself"),
            models.CheckConstraint(
                condition=Q(sender__isnull=False, sender_cleared=False)
                | Q(recipient__isnull=False, recipient_cleared=False),
                name="messages_somebody_has_it",
            ),
            models.CheckConstraint(
                condition=Q(read_at=None) | Q(delivered_at__isnull=False), name="messages_read_implies_delivered"
            ),
            models.CheckConstraint(
                condition=~Q(suite=1) | Q(nonce__isnull=False, salt__isnull=False),
                name="messages_suite_1_nonce_and_salt",
            ),
        ]

    def take_sequences(self, mailboxes: dict[int, Mailbox]) -> None:
        """Take a sequence for a change in each mailbox that still has the message."""
        if self.recipient_id in mailboxes and not self.recipient_cleared:
            self.recipient_sequence = mailboxes[self.recipient_id].next_sequence()
        if self.sender_id in mailboxes and not self.sender_cleared:
            self.sender_sequence = mailboxes[self.sender_id].next_sequence()

    def kept_by(self) -> list[int]:
        """The ids of the people whose mailbox has the message."""
        sender = None if self.sender_cleared else self.sender_id
        recipient = None if self.recipient_cleared or self.recipient_sequence is None else self.recipient_id
        return [user_id for user_id in (sender, recipient) if user_id is not None]


class Clearing(models.Model):
    """A person's last clearing of a conversation, for browsers that were offline."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="clearings", db_index=False)
    email = models.EmailField(max_length=255)
    sequence = models.BigIntegerField()
    through = models.BigIntegerField(null=True)  # up to this message id; null: all messages

    class Meta:
        db_table = "clearings"
        constraints = [
            models.UniqueConstraint(fields=["user", "email"], name="clearings_once_a_conversation"),
            models.UniqueConstraint(fields=["user", "sequence"], name="clearings_sequence_once"),
        ]


class DeletionQuerySet(models.QuerySet["Deletion"]):
    def past(self) -> Self:
        """Older than 30 days, or too many: other people can fill a mailbox with deleted messages."""
        is_far_behind = Q(sequence__lte=F("user__mailbox__sequence") - DELETIONS_KEPT)
        return self.filter(Q(deleted_at__lte=timezone.now() - CLIENT_ID_MEMORY) | is_far_behind)


class Deletion(models.Model):
    """A message that was deleted from a person's mailbox by itself, for browsers that were offline."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="deletions", db_index=False)
    message_id = models.BigIntegerField()
    client_id = models.UUIDField(null=True)
    sequence = models.BigIntegerField()
    deleted_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = DeletionQuerySet.as_manager()

    class Meta:
        db_table = "deletions"
        constraints = [
            models.UniqueConstraint(fields=["user", "message_id"], name="deletions_once"),
            models.UniqueConstraint(fields=["user", "sequence"], name="deletions_sequence_once"),
        ]


def enter_deletions(messages: Iterable[Message], mailboxes: dict[int, Mailbox]) -> None:
    """For each message, each of these mailboxes that has it takes a sequence. The mailboxes are locked."""
    deletions = [
        Deletion(
            user_id=user_id,
            message_id=message.pk,
            client_id=message.client_id,
            sequence=mailboxes[user_id].next_sequence(),
        )
        for message in messages
        for user_id in message.kept_by()
        if user_id in mailboxes
    ]
    Deletion.objects.bulk_create(deletions)
    save_sequences(mailboxes)
    dispatcher.after_commit([payloads.message_deleted_push(deletion) for deletion in deletions])


class SpentClientId(models.Model):
    """The client_id of a deleted message; a late repeat is refused by it."""

    sender = models.ForeignKey(User, on_delete=models.CASCADE, related_name="spent_client_ids", db_index=False)
    client_id = models.UUIDField()
    deleted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "spent_client_ids"
        constraints = [models.UniqueConstraint(fields=["sender", "client_id"], name="spent_client_ids_once")]
