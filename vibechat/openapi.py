"""docs/openapi.yaml: what drf-spectacular reads off the views, and what it cannot know: refusals, the cookie, health.

Written by `manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml`. An operation without an entry in
OPERATIONS stops it.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.password_validation import MinimumLengthValidator
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema

LARGEST_ID = 2**63 - 1
TEXT, COUNT = {"type": "string"}, {"type": "integer"}


def an_object(**properties: Any) -> dict:
    return {"type": "object", "properties": properties, "required": sorted(properties)}


# base64 of what every uncompressed P-256 SubjectPublicKeyInfo begins with, as far as whole characters go.
P256_HEAD = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"

# By operation: what it does, and the refusals that are its own, as the codes of each status.
OPERATIONS = {
    "auth_register": ("Make an account and log in to it", {403: ["registration_closed"], 409: ["email_taken"]}),
    "auth_registration": ("May anybody register, or only who was invited", {}),
    "auth_login": ("Log in", {401: ["wrong_credentials"]}),
    "auth_refresh": (
        "Spend a refresh token for the next access token",
        {401: ["not_authenticated", "session_over"], 403: ["foreign_origin", "not_json"]},
    ),
    "auth_logout": ("End this session", {403: ["foreign_origin", "not_json"]}),
    "auth_retrieve": ("Who am I", {}),
    "auth_partial_update": ("Change the display name", {}),
    "auth_destroy": ("Delete the account and all that is its own", {}),
    "auth_data": ("All that the server keeps of oneself, with the reasons, newest rows first", {}),
    "auth_password": ("Change the password; all other sessions end", {}),
    "keys_challenge": ("A one-time server key, with which a key is proven at upload", {}),
    "keys_upload": ("Make a public key the current one", {409: ["key_changed", "key_taken", "proof_expired"]}),
    "keys_me": ("One's own current key", {404: ["key_not_found"]}),
    "keys_by_email": ("A person's current key", {404: ["user_not_found", "key_not_found"]}),
    "keys_by_fingerprint": ("A key that is one's own, or that a message of one's own names", {404: ["key_not_found"]}),
    "messages_send": (
        "Send a message; the same client_id and content again is the same message",
        {404: ["user_not_found"], 409: ["client_id_conflict", "message_deleted", "stale_key", "storage_full"]},
    ),
    "messages_inbox": ("Messages received, newest first", {404: ["user_not_found"]}),
    "messages_sent": ("Messages sent, newest first", {404: ["user_not_found"]}),
    "messages_conversation": ("Messages of one conversation, newest first", {404: ["user_not_found"]}),
    "messages_clear": ("Clear a conversation for oneself", {404: ["user_not_found"]}),
    "messages_conversations": ("All conversations, latest first", {}),
    "messages_sync": ("The changes in one's mailbox after a sequence", {400: ["invalid", "sequence_ahead"]}),
    "messages_receipts": ("Mark many messages", {}),
    "messages_delivered": ("Mark a message as delivered", {404: ["not_found"]}),
    "messages_read": ("Mark a message as read, and so as delivered", {404: ["not_found"]}),
    "contacts_add": ("Add a person", {404: ["user_not_found"]}),
    "contacts_list": ("Whom one has added", {}),
    "contacts_destroy": ("Take a person out", {404: ["not_found"]}),
}
COOKIE_OPERATIONS: dict[str, list[dict[str, list]]] = {
    "auth_refresh": [{"refreshCookie": []}, {}],
    "auth_logout": [{"accessToken": []}, {"refreshCookie": []}],
}
DELETIONS = {
    "auth_destroy": an_object(password={**TEXT, "minLength": 1, "maxLength": 1024})
}  # drf-spectacular gives a DELETE no body
PARAMETERS = {
    "id": {"type": "integer", "minimum": 1},
    "email": {"type": "string", "description": "In any spelling."},
    "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "page_size": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    "before": {"type": "integer", "minimum": 0, "maximum": LARGEST_ID},
    "after": {"type": "integer", "minimum": 0, "maximum": LARGEST_ID},
    "through": {
        "type": "integer",
        "minimum": 0,
        "maximum": LARGEST_ID,
        "description": "Clears no message with a higher id, but all receipts where there is one to clear.",
    },
}
RETRY_AFTER = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}}
# The refusals that many operations share, and those that each operation has alone.
SHARED = {
    400: ("Invalid", "Something in the request is not right", ["invalid", "invalid_json"]),
    401: ("NotSignedIn", "There is no access token, or it holds no longer", ["not_authenticated", "token_not_valid"]),
    413: ("TooLarge", "The body is over 128 KiB", ["too_large"]),
    415: ("NotJSON", "The body must be application/json", ["unsupported_media_type"]),
    429: ("Limited", "Too many requests", ["rate_limited"]),
    503: ("Unavailable", "The database is away", ["unavailable"]),
}
OWN = {
    400: "Something in the request is not right",
    401: "Not signed in",
    403: "Refused",
    404: "Not there, or not for this person to see",
    409: "In conflict with what is there",
}


# Refusals that say more than a code and a sentence.
SCHEMA_OF_CODE = {"storage_full": "StorageRefusal"}


def refusal(status: int, description: str, codes: list[str]) -> dict:
    further = [SCHEMA_OF_CODE[code] for code in codes if code in SCHEMA_OF_CODE]
    schema = {"$ref": f"#/components/schemas/{next(iter(further), 'InvalidRequest' if status == 400 else 'Error')}"}
    content = {"application/json": {"schema": schema}}
    described = {"description": f"{description}: " + ", ".join(f"`{code}`" for code in codes), "content": content}
    return described | ({"headers": RETRY_AFTER} if status in (429, 503) else {})


class Schema(AutoSchema):
    """drf-spectacular's, with the refusals that follow from how an operation is built, and those of OPERATIONS."""

    def get_operation_id(self) -> str:
        return f"{self.get_tags()[0]}_{self.view.action}"

    def get_summary(self) -> str:
        return OPERATIONS[self.get_operation_id()][0]

    view: Any

    def get_description(self) -> Any:  # type: ignore[override]  # as drf-spectacular has it
        return None

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False  # our lists are objects with `results`

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation: Any = super().get_operation(*args, **kwargs)
        name = operation["operationId"]
        if name in COOKIE_OPERATIONS:
            operation["security"] = COOKIE_OPERATIONS[name]
        if name in DELETIONS:
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": DELETIONS[name]}}}
        for parameter in operation.get("parameters", []):
            parameter["schema"] = PARAMETERS.get(parameter["name"], parameter["schema"])
        shared = {status: f"#/components/responses/{SHARED[status][0]}" for status in self.shared(operation)}
        refusals = {status: {"$ref": place} for status, place in shared.items()}
        refusals |= {status: refusal(status, OWN[status], codes) for status, codes in OPERATIONS[name][1].items()}
        operation["responses"] |= {str(status): refusals[status] for status in sorted(refusals)}
        return operation

    def shared(self, operation: Any) -> Iterator[Any]:
        """The statuses that follow from how an operation is built."""
        yield 503
        if "requestBody" in operation:
            yield from (400, 413, 415)
        elif any(parameter["name"] not in ("id", "fingerprint") for parameter in operation.get("parameters", [])):
            yield 400
        if operation.get("security"):
            yield 401
        if self.view.action in {*getattr(self.view, "limits", {}), "send"}:
            yield 429


# Of the last character before the padding, no bit is cut off.
ONE_BYTE, TWO_BYTES = "[A-Za-z0-9+/][AQgw]==", "[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]="
LONGEST_EXACT_PATTERN = 512  # bytes; many regular expression engines count no further than 1,000


def base64_pattern(least: int, most: int) -> str:
    """Canonical base64 of so many bytes, where the lengths around it alone would let in up to two more."""
    forms = []
    for rest, ending in enumerate(("", ONE_BYTE, TWO_BYTES)):
        fewest, largest = max(0, -(-(least - rest) // 3)), (most - rest) // 3
        count = f"{{{fewest},{largest}}}" if most <= LONGEST_EXACT_PATTERN else "*"
        if fewest <= largest:
            forms.append(f"(?:[A-Za-z0-9+/]{{4}}){count}{ending}")
    return f"^(?:{'|'.join(forms)})$"


class Base64FieldExtension(OpenApiSerializerFieldExtension):
    target_class = "vibechat.core.fields.Base64Field"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        least, most = self.target.least, self.target.most
        length = str(most) if least == most else f"{least} to {most}"
        return {
            **TEXT,
            "format": "byte",
            "pattern": base64_pattern(least, most),
            "minLength": base64_length(least),
            "maxLength": base64_length(most),
            "description": f"{length} bytes, canonical base64 with padding",
        }


def base64_length(size: int) -> int:
    return 4 * -(-size // 3)


class PatternFieldExtension(OpenApiSerializerFieldExtension):
    target_class = "vibechat.core.fields.PatternField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.target.pattern.pattern}$"}


# --- what is no view of REST framework's -----------------------------------------------------------------------------


SCHEMAS = {
    "Error": an_object(
        code={**TEXT, "description": "Stable; clients decide on it."}, detail={**TEXT, "description": "For people."}
    ),
    "InvalidRequest": {
        "allOf": [
            {"$ref": "#/components/schemas/Error"},
            an_object(
                fields={
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"$ref": "#/components/schemas/Error"}},
                }
            ),
        ]
    },
    "StorageRefusal": {
        "allOf": [
            {"$ref": "#/components/schemas/Error"},
            {
                "type": "object",
                "description": "Both with `storage_full`, in bytes, and with no other code.",
                "properties": {"used": COUNT, "allowed": COUNT},
            },
        ]
    },
    "NewMessage": an_object(
        type={**TEXT, "enum": ["new_message"]}, sequence=COUNT, message={"$ref": "#/components/schemas/Message"}
    ),
    "ConversationCleared": {
        "allOf": [
            an_object(type={**TEXT, "enum": ["conversation_cleared"]}, sequence=COUNT, email=TEXT),
            {
                "type": "object",
                "description": "Where the call named it: messages with a higher id stay, but receipts.",
                "properties": {"through": COUNT},
            },
        ]
    },
    "Health": an_object(status={**TEXT, "enum": ["ok", "unavailable"]}),
    "Readiness": an_object(
        status={**TEXT, "enum": ["ok", "unavailable"]},
        checks={"type": "object", "additionalProperties": {**TEXT, "enum": ["ok", "unavailable"]}},
    ),
}
EVENTS = {"oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in ("NewMessage", "ConversationCleared")]}


def health_check(name: str, summary: str, schema: Any, *statuses: Any) -> dict:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    answers = {
        status: {"description": "", "content": content} | ({"headers": RETRY_AFTER} if status == "503" else {})
        for status in statuses
    }
    return {"get": {"operationId": f"health_{name}", "summary": summary, "tags": ["health"], "responses": answers}}


TRIMMED = ("email", "recipient_email", "refresh", "invite")  # what is blank then is refused


def tighten(schemas: dict[str, Any]) -> None:
    """What a serializer checks as a whole, or by a validator that drf-spectacular does not know."""
    for name in ("Registration", "Login", "Refresh", "PasswordChange", "AddContact", "Send"):
        for field, schema in schemas[name]["properties"].items():
            if field in TRIMMED:
                schema["pattern"] = r"\S"
            elif schema["type"] == "string" and field != "display_name":
                schema.setdefault("minLength", 1)
    for schema, name in (("Registration", "password"), ("PasswordChange", "new_password")):
        schemas[schema]["properties"][name]["minLength"] = MinimumLengthValidator().min_length
    schemas["Upload"]["properties"]["public_key"] |= {
        "pattern": f"^{re.escape(P256_HEAD)}[A-Za-z0-9+/]{{{base64_length(91) - len(P256_HEAD) - 3}}}[AQgw]==$",
        "minLength": base64_length(91),
        "maxLength": base64_length(91),
        "description": "The 91 bytes of an uncompressed P-256 SubjectPublicKeyInfo, canonical base64 with padding",
    }
    has_both = {"properties": {"nonce": TEXT, "salt": TEXT}, "required": ["nonce", "salt"]}
    schemas["Send"]["anyOf"] = [has_both, {"properties": {"suite": {**COUNT, "minimum": 2}}, "required": ["suite"]}]


COOKIE_NAME = "The name goes on with `_` and eight hexadecimal digits, which differ between deployments."


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A post-processing hook of drf-spectacular's."""
    schemas = result["components"]["schemas"]
    tighten(schemas)
    schemas["Sync"]["properties"]["events"]["items"] = EVENTS
    result["components"]["schemas"] = dict(sorted({**schemas, **SCHEMAS}.items()))
    cookie = {"type": "apiKey", "in": "cookie", "name": "vibechat_refresh", "description": COOKIE_NAME}
    result["components"]["responses"] = {
        name: refusal(status, description, codes) for status, (name, description, codes) in SHARED.items()
    }
    result["components"]["securitySchemes"]["refreshCookie"] = cookie
    health = {
        "/api/health/live": health_check("live", "Does the process answer", "Health", "200"),
        "/api/health/ready": health_check("ready", "Can it reach what it needs", "Readiness", "200", "503"),
    }
    result["paths"] = dict(sorted({**result["paths"], **health}.items()))
    return result
