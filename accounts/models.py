import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, models, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Lower, Now
from django.utils import timezone
from rest_framework.exceptions import NotAuthenticated

from accounts.display_names import clean_display_name
from accounts.emails import normalise_email
from accounts.invites import Invite
from accounts.passwords import hash_password, normal_form
from vibechat.core.exceptions import Conflict, Forbidden

DELETION_ATTEMPTS = 10
DEADLOCK = "40P01"
# Functions of a user id that lock rows before an account is deleted. messaging registers its own in apps.py, because
# accounts may not import messaging.
locks_before_deletion: list[Callable[[int], object]] = []


def email_taken() -> Conflict:
    return Conflict("email_taken", "There is an account with this address already.")


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def get_by_natural_key(self, email: str | None) -> "User":
        """Raises DoesNotExist for a malformed address as well, so that a log-in treats it like an unknown one."""
        try:
            return self.get(email=normalise_email(email or ""))
        except ValidationError as error:
            raise self.model.DoesNotExist from error

    def create_user(
        self, email: str, password: str | None = None, invite_id: int | None = None, **fields: Any
    ) -> "User":
        """Raises Conflict `email_taken` or Forbidden `registration_closed`, also after losing a race."""
        user = self.model(email=normalise_email(email), **fields)
        if self.filter(email=user.email).exists():  # keeps most refused addresses out of PostgreSQL's log
            raise email_taken()
        user.set_password(password)
        try:
            with transaction.atomic():
                Invite.objects.spend(invite_id)
                user.save(using=self._db)
        except IntegrityError as error:
            raise email_taken() from error
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Raises ValidationError for a weak password. Django's command lets the user bypass its own check."""
        if password is not None:
            validate_password(password, self.model(email=email, **fields))
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def active(self) -> QuerySet["User"]:
        return self.filter(is_active=True)


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(max_length=255, unique=True)
    password = models.CharField("password", max_length=255, db_column="password_hash")
    display_name = models.CharField(
        max_length=100,
        blank=True,
        default="",
        validators=[clean_display_name],  # type: ignore[list-item]  # the return value is not used
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    is_active = models.BooleanField("active", default=True, help_text="Take the tick away to suspend the account.")
    is_staff = models.BooleanField("operator", default=False, help_text="May use the admin pages.")
    last_login = None  # removes Django's column; Session has times

    objects = UserManager()
    USERNAME_FIELD = "email"

    class Meta:
        db_table = "users"
        constraints = [models.CheckConstraint(condition=Q(email=Lower("email")), name="users_email_is_lower_case")]

    def clean(self) -> None:
        self.email = normalise_email(self.email)
        self.display_name = clean_display_name(self.display_name)

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password and normal_form(raw_password))

    def check_password(self, raw_password: str | None) -> bool:
        """Try the normal form, then the password as typed: the hashes of old accounts are of the latter."""
        if raw_password is None:
            return False
        normal = normal_form(raw_password)
        return super().check_password(normal) or (raw_password != normal and super().check_password(raw_password))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """A new password and a suspension end all sessions."""
        is_new_password = self._password is not None  # type: ignore[attr-defined]  # Django checks it the same way
        ends_sessions = self.pk is not None and (is_new_password or not self.is_active)
        with transaction.atomic():
            super().save(*args, **kwargs)
            if ends_sessions:
                self.sessions.end()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Locks in the order of all writers: other rows first, the account's row last. A concurrent write can still
        make the deletion fail; it is then repeated."""
        pk = self.pk
        for _ in range(DELETION_ATTEMPTS):
            self.pk = pk  # a failed attempt has set it to None
            try:
                with transaction.atomic():
                    for lock in locks_before_deletion:
                        lock(pk)
                    return super().delete(*args, **kwargs)
            except IntegrityError as error:
                failure: Exception = error
            except OperationalError as error:
                if getattr(error.__cause__, "sqlstate", None) != DEADLOCK:
                    raise
                failure = error
        raise failure

    @transaction.atomic
    def change_password(self, password: str, keep: "Session") -> None:
        """Set the password and end all sessions but `keep`.

        The caller has checked the old password against this instance. Raises NotAuthenticated if the stored hash is
        another one by now, the account is gone or `keep` is over.
        """
        encoded = hash_password(password)
        changed = User.objects.filter(pk=self.pk, password=self.password, sessions__in=keep.still_live())
        if not User.objects.filter(pk__in=changed.values("pk")).update(password=encoded, updated_at=timezone.now()):
            raise NotAuthenticated("This session is over. Log in again.")
        self.sessions.exclude(pk=keep.pk).end()
        keep.prove()
        self.password = encoded

    @transaction.atomic
    def lock(self) -> None:
        """Lock the account's row until the transaction ends. Raises NotAuthenticated if it was deleted meanwhile."""
        if not User.objects.select_for_update(no_key=True).filter(pk=self.pk).exists():
            raise NotAuthenticated("This account is gone.")

    def reset_password(self, password: str, remove_passkeys: bool = False) -> bool:
        """Set the password, end all sessions, and on request delete the passkeys, which log in without a password.

        False if the account is suspended or gone by now, or its stored hash is another one than this instance's."""
        encoded = hash_password(password)
        unchanged = User.objects.active().filter(pk=self.pk, password=self.password)
        if not unchanged.update(password=encoded, updated_at=timezone.now()):
            return False
        self.sessions.end()
        if remove_passkeys:
            self.passkeys.all().delete()
        self.password = encoded
        return True


class SessionQuerySet(models.QuerySet["Session"]):
    def live(self) -> Self:
        """Uses the clock of the database, because the clocks of server processes may differ."""
        return self.filter(revoked_at=None, expires_at__gt=Now(), user__is_active=True)

    def proven(self) -> Self:
        """Sessions that have shown the password or a passkey within PROOF_LIFETIME."""
        return self.filter(proven_at__gt=Now() - settings.PROOF_LIFETIME)

    def outside(self, browsers: Iterable[str]) -> Self:
        """Sessions that are bound to a browser other than these."""
        return self.filter(browser__isnull=False).exclude(browser__in=browsers)

    def end(self) -> int:
        return self.filter(revoked_at=None).update(revoked_at=timezone.now())


SessionRows = models.Manager.from_queryset(SessionQuerySet)


class SessionManager(SessionRows["Session"]):
    @transaction.atomic
    def begin(self, user: User) -> "Session":
        """Raises NotAuthenticated if the account was suspended, deleted or given another password after `user` was read
        and its password checked."""
        rows = User.objects.select_for_update(no_key=True)
        unchanged = rows.filter(pk=user.pk, is_active=True, password=user.password)
        now = unchanged.values_list(Now(), flat=True).first()
        if now is None:
            raise NotAuthenticated("This account has changed just now. Log in again.")
        times = {"created_at": now, "last_seen_at": now, "proven_at": now}
        return self.create(user=user, expires_at=now + settings.SESSION_LIFETIME, **times)


class Session(models.Model):
    """One browser's log-in. `generation` numbers its refresh tokens; only the newest can be spent.

    All times come from the clock of the database, so that processes with different clocks agree."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    generation = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    proven_at = models.DateTimeField(null=True)  # when it last showed the password or a passkey
    browser = models.CharField(max_length=32, null=True)  # the id of its browser in the signed list: vault/models.py

    objects = SessionManager()

    class Meta:
        db_table = "sessions"
        indexes = [models.Index(fields=["expires_at"], name="sessions_expires_at")]

    def end(self) -> None:
        Session.objects.filter(pk=self.pk).end()

    def still_live(self) -> "SessionQuerySet":
        return Session.objects.live().filter(pk=self.pk)

    def prove(self) -> None:
        self.still_live().update(proven_at=Now())

    def is_proven(self) -> bool:
        return self.still_live().proven().exists()

    def require_proof(self) -> None:
        """Raises Forbidden `proof_needed`."""
        if not self.is_proven():
            raise Forbidden("proof_needed", "Show your password again first.")

    def bind(self, browser: str) -> None:
        """Bind the session to a browser of the signed list, so that it ends when the list drops the browser.

        Raises Forbidden `proof_needed` if it is bound to another one: a stolen session must not outlive its browser.
        """
        unbound = Session.objects.filter(Q(browser=None) | Q(browser=browser), pk=self.pk)
        if not unbound.update(browser=browser):
            self.require_proof()
            Session.objects.filter(pk=self.pk).update(browser=browser)
        self.browser = browser

    @classmethod
    def rotate(cls, session_id: UUID, user_id: int, generation: Any) -> "tuple[Session, SpentRefreshToken] | None":
        """Spend refresh token `generation` of a session. Returns (session, spent), or None if the session is over.

        The row lock makes concurrent callers take turns: the first spends the token, the others find it spent. A token
        repeated within REFRESH_REPEAT_SECONDS (two tabs, a lost response) gets the same successor again. A later repeat
        ends the session, because either the repeated or the newer token may be a stolen copy.
        """
        with transaction.atomic():
            live = Session.objects.live().select_for_update(of=("self",)).select_related("user").annotate(now=Now())
            session = live.filter(pk=session_id, user_id=user_id).first()
            if session is None:
                return None
            if generation == session.generation:
                return session, session._spend(session.now)
            spent = session.spent_tokens.filter(generation=generation).first()
            if spent and spent.spent_at >= session.now - timedelta(seconds=settings.REFRESH_REPEAT_SECONDS):
                return session, spent
            session.end()
            return None

    def _spend(self, now: datetime) -> "SpentRefreshToken":
        self.spent_tokens.filter(spent_at__lt=now - timedelta(seconds=2 * settings.REFRESH_REPEAT_SECONDS)).delete()
        spent = SpentRefreshToken.objects.create(session=self, generation=self.generation, spent_at=now)
        Session.objects.filter(pk=self.pk).update(
            generation=F("generation") + 1, last_seen_at=now, expires_at=now + settings.SESSION_LIFETIME
        )
        return spent


class LoginNetworkManager(models.Manager["LoginNetwork"]):
    def recent(self) -> QuerySet["LoginNetwork"]:
        return self.filter(last_success_at__gt=timezone.now() - settings.KNOWN_FOR)

    def past(self) -> QuerySet["LoginNetwork"]:
        return self.filter(last_success_at__lte=timezone.now() - settings.KNOWN_FOR)

    def remember(self, user: User, network: str) -> None:
        """Write the row of a network at most once a day, and delete the account's expired rows."""
        now = timezone.now()
        if self.filter(user=user, network=network, last_success_at__gt=now - timedelta(days=1)).exists():
            return
        self.past().filter(user=user).delete()
        self.update_or_create(user=user, network=network, defaults={"last_success_at": now})


class LoginNetwork(models.Model):
    """A network from which an account has logged in. See accounts/known_clients.py."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="login_networks", db_index=False)
    network = models.CharField(max_length=64)
    last_success_at = models.DateTimeField()

    objects = LoginNetworkManager()

    class Meta:
        db_table = "login_networks"
        constraints = [models.UniqueConstraint(fields=["user", "network"], name="login_networks_once_an_account")]


class SpentRefreshToken(models.Model):
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="spent_tokens")
    generation = models.PositiveIntegerField()
    spent_at = models.DateTimeField()

    class Meta:
        db_table = "spent_refresh_tokens"
        constraints = [
            models.UniqueConstraint(fields=["session", "generation"], name="spent_refresh_tokens_spent_once")
        ]
