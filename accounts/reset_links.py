"""One-time links with which a person sets a new password without the old one.

No table holds them. A token is a keyed hash of the account's state, so it ends when that state changes.
"""

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMessage

from accounts.models import Session, User

LARGEST_ID_DIGITS = 18
SUBJECT = "Set a new VibeChat password"
LINK = """\
Somebody, most likely you, asked to set a new password for the account {email} at {origin}.

Open this link within 24 hours. It works once:

{link}

If it was not you, do nothing: your password stays as it is.

We can give you your account back. We cannot give your messages back. Your recovery code or another browser can.
"""
# Whoever reads an operator's mail would otherwise get the admin pages.
OPERATOR = """\
Somebody, most likely you, asked to set a new password for the account {email} at {origin}.

This account is an operator's, which gets no link by email. On the server, manage.py reset_link makes one. Another
operator can make one in the admin pages.

If it was not you, do nothing: your password stays as it is.
"""


class ResetTokens(PasswordResetTokenGenerator):
    key_salt = "vibechat.reset-link"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        """A new password, a log-in, a suspension and a change of the account's row end all its links."""
        sessions = Session.objects.filter(user_id=user.pk or 0).order_by("-created_at", "-pk")
        last = sessions.values_list("pk", flat=True).first()
        return f"{user.pk} {user.email} {user.password} {user.is_active} {user.updated_at} {last} {timestamp}"


tokens = ResetTokens()


def reset_link(user: User, origin: str) -> str:
    """The token is in the fragment, which browsers do not send, so that no log and no Referer contains it."""
    return f"{origin}/reset#link={user.pk}-{tokens.make_token(user)}"


def user_of(token: str) -> User | None:
    """The active account of a token that holds, else None."""
    pk, _, rest = token.partition("-")
    if not (pk.isascii() and pk.isdigit() and len(pk) <= LARGEST_ID_DIGITS):
        return None
    user = User.objects.active().filter(pk=int(pk)).first()
    return user if tokens.check_token(user, rest) else None


def reset_mail(user: User, origin: str) -> EmailMessage:
    text = OPERATOR if user.is_staff else LINK
    body = text.format(email=user.email, origin=origin, link=reset_link(user, origin))
    return EmailMessage(SUBJECT, body, to=[user.email], headers={"Auto-Submitted": "auto-generated"})
