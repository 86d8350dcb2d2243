"""Where a browser wants to be woken with no page open: an address at its maker's push service."""

from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.db import models, transaction
from django.utils import timezone

from accounts.models import Session, User

ENDPOINT = r"https://[a-z0-9.-]{1,253}/[!-\"$-~]{1,900}"
MOST_OF_A_PERSON = 20
SIGNED_FOR = "vibechat web push"


def host_of(endpoint: str) -> str:
    return urlsplit(endpoint).hostname or ""


def is_push_service(host: str) -> bool:
    """Whether the operator lets the server call this host: PUSH_HOSTS holds names, and `*.name` for what ends so."""
    names = settings.PUSH_HOSTS
    return any(host.endswith(name[1:]) if name.startswith("*.") else host == name for name in names)


class PushSubscriptionQuerySet(models.QuerySet["PushSubscription"]):
    def live(self) -> Self:
        """A browser whose session is over is not woken."""
        return self.filter(session__in=Session.objects.live())

    def subscribe(self, session: Session, endpoint: str, **keys: str) -> tuple["PushSubscription", bool]:
        """(row, is new). An endpoint is one browser's, so it follows who is logged in there. The oldest give way."""
        mine = {"user": session.user, "session": session, **keys}
        row, is_new = self.update_or_create(endpoint=endpoint, defaults=mine)
        newest = self.filter(user=session.user).order_by("-pk").values("pk")[:MOST_OF_A_PERSON]
        self.filter(user=session.user).exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()
        return row, is_new

    def of_token(self, token: str) -> "PushSubscription | None":
        """None: the token is not valid, or its session is over, or the browser has unsubscribed."""
        try:
            pk, session = signing.Signer(salt=SIGNED_FOR).unsign_object(token)
        except signing.BadSignature:
            return None
        return self.live().filter(pk=pk, session=session).first()


class PushSubscription(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="push_subscriptions")
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.CharField(max_length=1170, unique=True)
    p256dh = models.CharField(max_length=88)
    auth = models.CharField(max_length=24)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PushSubscriptionQuerySet.as_manager()

    class Meta:
        db_table = "push_subscriptions"
        app_label = "messaging"

    @property
    def token(self) -> str:
        """What a browser with no page open shows: it can ask who has written, and say that its address has changed."""
        return signing.Signer(salt=SIGNED_FOR).sign_object([self.pk, str(self.session_id)])

    @transaction.atomic
    def move(self, endpoint: str, **keys: str) -> None:
        PushSubscription.objects.filter(endpoint=endpoint).exclude(pk=self.pk).delete()
        PushSubscription.objects.filter(pk=self.pk).update(endpoint=endpoint, **keys)
