"""Malformed and hostile inputs, which tests/server/test_nasty_inputs.py sends everywhere."""

import base64
import json
import uuid

from django.conf import settings

from conftest import PASSWORD, envelope, new_spki

CANARY = "c4n4ry"


def new_point() -> str:
    return base64.b64encode(new_spki()[-65:]).decode()


SPKI = base64.b64encode(bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004") + b"\1" * 64).decode()
POINT = new_point()
MAC = "A" * 43 + "="
FINGERPRINT = "ab" * 32
ROUTE, HASH, SIGNATURE, BOX = "ab" * 16, "0" * 64, "A" * 86 + "==", "A" * 152
SIGNED_LIST = "A" * 168  # 126 bytes: malformed, of a length that is accepted

# Every call with a body, and a well-formed body for it.
BODIES = {
    ("POST", "/api/auth/register"): {"email": "new@example.org", "password": PASSWORD, "display_name": "New"},
    ("POST", "/api/auth/login"): {"email": "alice@example.org", "password": PASSWORD, "refresh_cookie": False},
    ("POST", "/api/auth/refresh"): {"refresh": "x.y.z"},
    ("PATCH", "/api/auth/me"): {"display_name": "Alice"},
    ("DELETE", "/api/auth/me"): {"password": "wrong"},
    ("POST", "/api/auth/password"): {"current_password": "wrong", "new_password": "another horse battery"},
    ("POST", "/api/auth/reset"): {"email": "alice@example.org"},
    ("POST", "/api/auth/reset/password"): {"token": "1-abc-def", "new_password": "another horse battery"},
    ("POST", "/api/keys/upload"): {"public_key": SPKI, "replaces": FINGERPRINT}
    | {"identity_key": "AAAA", "identity_signature": "AAAA", "proof": {"challenge": "x", "mac": MAC}},
    ("POST", "/api/messages/send"): envelope("bob@example.org", client_id=str(uuid.UUID(int=7)))
    | {"message_type": "text", "suite": 1, "sender_fingerprint": FINGERPRINT, "recipient_fingerprint": FINGERPRINT}
    | {"quiet": True, "delete_after": "2100-01-01T00:00:00Z", "tag": "AAAA", "files": []},
    ("POST", "/api/files"): {"recipient_email": "bob@example.org", "size": 1000},
    ("PUT", f"/api/files/{ROUTE}/parts/0"): {},
    ("POST", "/api/messages/receipts"): {"delivered": [1], "read": [2]},
    ("POST", "/api/contacts/add"): {"email": "bob@example.org"},
    ("POST", "/api/blocks/add"): {"email": "mallory@example.org"},
    ("POST", "/api/reports"): {"reported_email": "bob@example.org", "key": POINT}
    | {"sealed": base64.b64encode(bytes(4096 + 65 + 16)).decode()},
    ("POST", "/api/push"): {
        "endpoint": "https://fcm.googleapis.com/x",
        "p256dh": POINT,
        "auth": "A" * 22 + "==",
    },
    ("POST", "/api/push/news"): {"token": "x:y:z", "after": 7},
    ("POST", "/api/push/moved"): {
        "token": "x:y:z",
        "endpoint": "https://fcm.googleapis.com/x",
        "p256dh": POINT,
        "auth": "A" * 22 + "==",
    },
    ("POST", "/api/auth/proof"): {"password": "wrong"},
    ("PUT", "/api/vault"): {"version": 1, "generation": 1, "blob": "AAAA" * 1389, "hash": HASH, "previous": HASH}
    | {"browser": ROUTE, "signature": SIGNATURE, "ways": [{"id": ROUTE, "kind": "code", "box": BOX}]}
    | {"browsers": SIGNED_LIST},
    ("PUT", "/api/browsers"): {"browsers": SIGNED_LIST},
    ("POST", "/api/browsers/here"): {"browser": ROUTE},
    ("POST", "/api/invitations"): {"route": ROUTE},
    ("PUT", f"/api/invitations/{ROUTE}/offer"): {"message": "AAAA"},
    ("PUT", f"/api/streams/{ROUTE}/states/1"): {"blob": "AQ" + "AAAA" * 354 + "AA==", "by": ROUTE, "revision": 1}
    | {"signature": SIGNATURE},
    ("POST", "/api/passkeys"): {"credential": {"id": "AAAA", "response": {}}, "name": "Phone"},
    ("POST", "/api/auth/passkey"): {"credential": {"id": "AAAA", "response": {}}, "refresh_cookie": False},
    ("POST", "/api/auth/logout"): {},
    ("POST", "/api/messages/1/read"): {},
}
CALLS = sorted(BODIES)
RAW_FILE_PART = f"/api/files/{ROUTE}/parts/0"  # its body is no JSON
MAY_BE_EMPTY = {RAW_FILE_PART, "/api/auth/logout", "/api/messages/1/read", "/api/auth/me", "/api/messages/receipts"}

# Unexpected values. WRITTEN is raw JSON text, the others are encoded as JSON.
WRITTEN = ["null", "true", "false", "0", "-1", "1.5", "1e999", "-0.0", "NaN", "Infinity", "9" * 30, "9" * 5000]
WRITTEN += ['"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udfff\\ud800"', "[" + "9" * 30 + "]", "[" + "1," * 501 + "1]"]
WRITTEN += ["[" * 30_000 + "]" * 30_000, '{"a":' * 15_000 + "1" + "}" * 15_000, "[" + "[]," * 20_000 + "[]]"]
TEXTS = ["", " ", "\u202e", "\ufeff", "==", "A===", CANARY, CANARY * 5000, "é" * 300, "\U0001f600" * 3000, "x" * 70_000]
TEXTS += ["a@" + "b." * 200 + "c", "' OR 1=1 --", "{{7*7}}", "%s%n%00", "../../etc/passwd"]
OTHERS = [[], {}, [[]], [{}], [None], [" "], [1.5], [True], {"0": 1}, {"$ref": "x"}, [CANARY], {CANARY: CANARY}]
VALUES = WRITTEN + [json.dumps(value) for value in TEXTS + OTHERS]
WHOLE = [
    b"",
    b" ",
    b"{",
    b"}",
    b"{}}",
    b"\xff\xfe{}",
    b'{"email": "\xff"}',
    b"\x00",
    b"\xef\xbb\xbf{}",
    b"{}\x00",
    b"'a'",
]
WHOLE += [b"[" * 99_999, json.dumps({"email": "é"}).encode("utf-16"), b'{"a": 1, "a": 2}']
WHOLE += [text.encode() for text in VALUES]

JSON_KIND, FORM_KIND, PARTS_KIND = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
CHARSETS = ["zlib", "utf-16", "rot13", "idna", "no-such", "", "\xff", "x" * 9999]
KINDS = [None, "", " ", ";", "/", "json", "text/plain", "*/*", "application/jsonp", f"{CANARY}/{CANARY}"]
KINDS += [f"{kind}; charset={charset}" for kind in (JSON_KIND, FORM_KIND) for charset in CHARSETS]
KINDS += [PARTS_KIND, f"{PARTS_KIND}; boundary=", f"{PARTS_KIND}; boundary=\xff", f"{PARTS_KIND}; boundary={'x' * 300}"]
KINDS += [f"{PARTS_KIND}; boundary=x; charset={charset}" for charset in CHARSETS]
KINDS += [
    FORM_KIND,
    "APPLICATION/JSON",
    f"{JSON_KIND};",
    f"{JSON_KIND};;charset",
    f"{JSON_KIND}; =",
    f"{JSON_KIND}\xff",
]

NUMBERS = [
    "",
    "0",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "%D9%A1",
    "%00",
    "%FF",
    "%",
    "x",
    "0x10",
    "1_0",
    "NaN",
    "null",
    "[]",
    " 1",
]
NUMBERS += ["9" * 19, "9" * 40, "9" * 5000, "9223372036854775807", "9223372036854775808", "%ED%A0%80", "1&page_size=2"]
ADDRESSES = ["%00", "a%00@example.org", "%FF%FE", "%ED%A0%80@example.org", "@", "%40%40", "a" * 5000, "a@" + "b" * 5000]
ADDRESSES += ["..", "%2e%2e%2f", "a%2Fb@example.org", "%25", "%", "%GG", "%E2%80%AEa@example.org", "%0d%0aX: y", CANARY]
ADDRESSES += [
    "A%CC%8A@example.org",
    "%EF%BC%A1lice@example.org",
    "a@[127.0.0.1]",
    "'%20OR%201=1",
    "a@b@c",
    "%3Cscript%3E",
]
QUERIES = ["&&&", "=", "a[]=1", "page_size", "%", "after=1&before=2", "x=" + "y" * 60_000, "&".join("abcd" * 500)]
PLACES = [
    "invitations/{}",
    "streams/{}/states",
    "streams/{}/states/1",
    "browsers/email/{}",
    "vault/versions/{}",
    "keys/email/{}",
    "keys/fingerprint/{}",
    "messages/conversation/{}",
    "messages/{}/read",
    "contacts/{}",
    "blocks/{}",
    "push/{}",
    "files/{}",
    "files/{}/parts",
    "files/{}/parts/0",
    f"files/{ROUTE}/parts/{{}}",
]
HEADERS = {
    "Host": ["", "\xff", "evil.example", "localhost:99999999", "[::1", "a b", "localhost,localhost", "x" * 9000],
    "Cookie": [
        f"{settings.REFRESH_COOKIE}=\xff",
        f"{settings.SESSION_COOKIE_NAME}=\xff\xfe",
        f"{settings.SESSION_COOKIE_NAME}={'x' * 5000}",
        "=;=;",
        f"{settings.CSRF_COOKIE_NAME}=\1",
        ";" * 999,
    ],
    "Accept": ["\xff", "text/html", "*/*;q=x", "," * 999, "application/xml;q=0", "application/json; indent=99999999"],
    "Origin": ["null", "\xff", "http://", "http://[", "https://evil.example", "javascript:1"],
    "Sec-Fetch-Site": ["cross-site", "\xff"],
    "X-Forwarded-For": ["\xff", "x", "127.0.0.1, ::1", "," * 99],
    "X-Forwarded-Host": ["evil.example", "\xff"],
    "X-HTTP-Method-Override": ["DELETE"],
    "Range": ["bytes=0-0", "\xff", "bytes=" + "0-1," * 500],
    "If-Modified-Since": ["\xff", "x", "Sun, 99 Foo 9999 99:99:99 GMT"],
    "If-None-Match": ["\xff", '"' * 99],
    "Accept-Language": ["\xff", "x" * 9000],
    "Content-Encoding": ["gzip"],
}
TARGETS = [
    "/api/auth/me",
    "/api/messages/sync",
    "/api/health/live",
    "/",
    "/chat",
    "/client-manifest.json",
    "/admin/",
    "/admin/login/",
    "/nowhere",
]
FORMS = [b"", b"username=%00&password=%00", b"username=%FF", b"\xff\xfe", b"username=a@example.org&password=x"]
FORMS += [b"=&" * 999, b"username=" + b"x" * 100_000, b"next=//evil.example", b"next=%00", b"--x\r\n\r\n\r\n--x--"]
