"""Temporary people go without a trace: their rows, and the keys that would outlive an account."""

from accounts.models import User
from keys.models import PublicKey
from messaging.mailboxes import Mailbox, in_mailboxes
from messaging.models import Message


def remove(emails: list[str]) -> int:
    """How many accounts went."""
    people = list(User.objects.filter(email__in=emails))
    if people:
        forget_messages(people)
    for person in people:
        person.delete()
    PublicKey.objects.filter(email__in=emails).delete()
    return len(people)


@in_mailboxes
def forget_messages(people: list[User]) -> None:
    Mailbox.lock(*(person.pk for person in people))
    Message.objects.filter(sender__in=people, recipient__in=people).delete()
