"""Ephemeral frames: they are pushed to connected sockets, take no sequence, and are neither stored nor repeated."""

from typing import Any

from django.db.models import Q
from rest_framework.exceptions import Throttled

from accounts.lookup import person_with
from accounts.models import Session, User
from contacts.models import Block
from messaging.realtime import dispatcher
from messaging.realtime.payloads import ephemeral_push
from messaging.serializers import EphemeralSerializer
from vibechat.core.limits import ephemeral_bucket


def push_payload(session: Session, user: User, body: dict[str, Any]) -> bool:
    """Push the payload to every socket of its recipient. False if the session is over.
    Recipients are checked as for a message. Raises ValidationError, UserNotFound and Throttled.
    """
    if not Session.objects.live().filter(pk=session.pk).exists():
        return False
    serializer = EphemeralSerializer(data=body, context={"own_email": user.email})
    serializer.is_valid(raise_exception=True)
    recipient = person_with(serializer.validated_data["recipient_email"], field="recipient_email")
    if wait := ephemeral_bucket.take_pair(user.pk, recipient.pk):
        raise Throttled(wait)
    if Block.objects.filter(Q(user=recipient, blocked=user) | Q(user=user, blocked=recipient)).exists():
        return True  # the sender is not told
    dispatcher.publish([ephemeral_push(recipient.pk, user.email, serializer.validated_data["payload"])])
    return True
