"""WebAuthn: https://www.w3.org/TR/webauthn-3/, by py_webauthn.

A challenge is signed with SECRET_KEY and stored nowhere. When a credential that answers it is accepted, its hash is
kept until it has expired (SpentChallenge), so that it is accepted once.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core import signing
from django.http import HttpRequest
from django.http.request import split_domain_port
from rest_framework.request import Request
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from accounts.models import User

SALT = "vault.webauthn"
CHALLENGE_SECONDS = 300
MOST_CREDENTIAL_ID_BYTES = 1023  # WebAuthn §7.1; an index of PostgreSQL takes about 2,700
LOG_IN = "log-in"


class CredentialRefused(Exception):
    """A credential that is malformed, or does not verify."""


def rp_id(request: Request | HttpRequest) -> str:
    """The host, without a port."""
    return split_domain_port(request.get_host())[0]


def origin(request: Request | HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def user_handle(user: User) -> bytes:
    """Names the account to authenticators, and says nothing about the person."""
    return hashlib.sha256(f"VibeChat passkey {user.pk}".encode()).digest()


def purpose_of(session_id: UUID) -> str:
    """What the challenge of a registration is for: passkeys are added by the session that asked."""
    return f"add {session_id}"


def new_challenge(purpose: str) -> bytes:
    return signing.dumps([purpose, secrets.token_hex(16)], salt=SALT).encode()


def challenge_of(credential: dict[str, Any], purpose: str) -> bytes:
    """The challenge in a credential. Raises CredentialRefused if it is not ours, for something else, or expired."""
    try:
        client_data = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(client_data["challenge"])
        signed_for, _nonce = signing.loads(challenge.decode("ascii"), salt=SALT, max_age=CHALLENGE_SECONDS)
        is_framed = bool(client_data.get("crossOrigin"))
    except Exception as error:  # json, binascii, signing and the members of any JSON value raise different ones
        raise CredentialRefused from error
    if signed_for != purpose or is_framed:
        raise CredentialRefused
    return challenge


def creation_options(request: Request, user: User, session_id: UUID, known: Iterable[bytes]) -> dict[str, Any]:
    options = generate_registration_options(
        rp_id=rp_id(request),
        rp_name="VibeChat",
        user_name=user.email,
        user_id=user_handle(user),
        user_display_name=user.display_name or user.email,
        challenge=new_challenge(purpose_of(session_id)),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential_id) for credential_id in known],
    )
    return options_to_json_dict(options)


def request_options(request: Request) -> dict[str, Any]:
    """For discoverable credentials: no account is named."""
    options = generate_authentication_options(
        rp_id=rp_id(request),
        challenge=new_challenge(LOG_IN),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json_dict(options)


def verify_creation(request: Request, credential: dict[str, Any], challenge: bytes) -> VerifiedRegistration:
    try:
        verified = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id(request),
            expected_origin=origin(request),
            require_user_verification=True,
        )
    except Exception as error:  # the library raises its own and those of its parsers
        raise CredentialRefused from error
    if len(verified.credential_id) > MOST_CREDENTIAL_ID_BYTES:  # the library does not look
        raise CredentialRefused
    return verified


def verify_use(
    request: Request, credential: dict[str, Any], challenge: bytes, public_key: bytes, sign_count: int
) -> VerifiedAuthentication:
    try:
        return verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=rp_id(request),
            expected_origin=origin(request),
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except Exception as error:  # the library raises its own and those of its parsers
        raise CredentialRefused from error


def credential_id_of(credential: dict[str, Any]) -> bytes:
    try:
        return base64url_to_bytes(credential["id"])
    except Exception as error:  # no text, or no base64url
        raise CredentialRefused from error


def handle_fits(credential: dict[str, Any], user: User) -> bool:
    """An authenticator that names an account must name this one."""
    handle = credential["response"].get("userHandle")
    return handle in (None, "", bytes_to_base64url(user_handle(user)))
