"""Deletes the temporary accounts. Their messages are deleted first, because a key that a message names is kept."""

from accounts.models import User
from messaging.mailboxes import Mailbox, in_mailboxes
from messaging.models import Message


def remove(emails: list[str]) -> int:
    """Returns how many accounts were deleted."""
    people = list(User.objects.filter(email__in=emails))
    if people:
        forget_messages(people)
    for person in people:
        person.delete()
    return len(people)


@in_mailboxes
def forget_messages(people: list[User]) -> None:
    Mailbox.lock(*(person.pk for person in people))
    Message.objects.filter(sender__in=people, recipient__in=people).delete()
