"""Ephemeral frames: they are pushed to connected sockets, take no sequence, and are neither stored nor repeated."""

from typing import Any

from accounts.lookup import person_with
from accounts.models import Session, User
from contacts.models import Block
from messaging.realtime import dispatcher
from messaging.realtime.payloads import ephemeral_push
from messaging.serializers import EphemeralSerializer


def push_payload(session: Session, user: User, body: dict[str, Any]) -> bool:
    """Push the payload to every socket of its recipient. False if the session is over.
    Recipients are checked as for a message. Raises ValidationError and UserNotFound.
    """
    if not Session.objects.live().filter(pk=session.pk).exists():
        return False
    serializer = EphemeralSerializer(data=body, context={"own_email": user.email})
    serializer.is_valid(raise_exception=True)
    recipient = person_with(serializer.validated_data["recipient_email"], field="recipient_email")
    if Block.objects.filter(user=recipient, blocked=user).exists():
        return True  # the sender is not told
    dispatcher.publish([ephemeral_push(recipient.pk, user.email, serializer.validated_data["payload"])])
    return True
