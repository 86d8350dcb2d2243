"""What a client reads to be where its mailbox is: the list of conversations, and the changes since a cursor."""

from django.db.models import Count, Max, Q

from accounts.models import User
from messaging.events import cleared_frame, message_json, new_message_frame
from messaging.mailboxes import sequence_of, snapshot
from messaging.models import Clearing, Message
from vibechat.refusals import Refusal

EVENTS_A_CALL = 200


def changes_since(user, after):
    """`{events, cursor, more}` as the contract's `sync`. Raises Refusal `sequence_ahead`."""
    with snapshot():
        counter = sequence_of(user.pk)
        if after > counter:
            raise Refusal("sequence_ahead", "This cursor is beyond the mailbox: start again from 0.")
        events = sorted(changes(user, after), key=lambda event: event["sequence"])
    page, more = events[:EVENTS_A_CALL], len(events) > EVENTS_A_CALL
    return {"events": page, "cursor": page[-1]["sequence"] if more else counter, "more": more}


def changes(user, after):
    most = EVENTS_A_CALL + 1
    received = Message.objects.received_by(user).filter(recipient_sequence__gt=after).order_by("recipient_sequence")
    sent = Message.objects.sent_by(user).filter(sender_sequence__gt=after).order_by("sender_sequence")
    cleared = Clearing.objects.filter(user=user, sequence__gt=after).order_by("sequence")
    yield from (new_message_frame(message.recipient_sequence, message_json(message)) for message in received[:most])
    yield from (new_message_frame(message.sender_sequence, message_json(message)) for message in sent[:most])
    yield from (cleared_frame(clearing.sequence, clearing.email) for clearing in cleared[:most])


def conversations(user):
    """`{results, sequence}`, the latest conversation first, all from one moment."""
    with snapshot():
        received = Message.objects.received_by(user).values("sender_email").order_by()
        received = received.annotate(last=Max("id"), unread=Count("id", filter=Q(read_at=None)))
        sent = Message.objects.sent_by(user).values("recipient_email").order_by().annotate(last=Max("id"))
        last, unread = {}, {}
        for row in received:
            last[row["sender_email"]], unread[row["sender_email"]] = row["last"], row["unread"]
        for row in sent:
            last[row["recipient_email"]] = max(row["last"], last.get(row["recipient_email"], 0))
        return {"results": list(described(last, unread)), "sequence": sequence_of(user.pk)}


def described(last, unread):
    names = dict(User.objects.filter(email__in=last).values_list("email", "display_name"))
    messages = Message.objects.in_bulk(last.values())
    for email in sorted(last, key=last.get, reverse=True):
        yield {
            "email": email,
            "display_name": names.get(email, ""),
            "last_message": message_json(messages[last[email]]),
            "unread": unread.get(email, 0),
        }
