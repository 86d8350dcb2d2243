"""Secrets are planted in each source, in each encoding; the search must find and name them."""

import base64
import gzip
import time
import zlib
from types import SimpleNamespace

import pytest
import redis
from django.conf import settings
from django.db import connection

from accounts.models import User
from keys.models import PublicKey
from messaging.models import Message, SpentClientId
from messaging.zero_knowledge import sources
from messaging.zero_knowledge.encodings import encodings, find
from messaging.zero_knowledge.key_recording import DERIVATIONS, lp_head, note
from messaging.zero_knowledge.recording import Recording, redis_pushes
from messaging.zero_knowledge.removal import remove
from messaging.zero_knowledge.search import MARK_DIGITS, PASSWORD, Canaries, Source, search


def raw_deflate(raw: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(raw) + packer.flush()


FORMS = {
    "plain": str.encode,
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64 at 1": lambda text: base64.b64encode(b"a" + text.encode()),
    "base64 at 2": lambda text: base64.b64encode(b"ab" + text.encode()),
    "base64url": lambda text: base64.urlsafe_b64encode("ÿþ".encode() + text.encode()).rstrip(b"="),
    "hex": lambda text: text.encode().hex().encode(),
    "upper-case hex": lambda text: text.encode().hex().upper().encode(),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "base64 of utf-16-le": lambda text: base64.b64encode(text.encode("utf-16-le")),
    "JSON escapes": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text if ord(letter) < 65536).encode(),
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()).encode(),
    "gzip": lambda text: gzip.compress(b"before " + text.encode()),
    "zlib": lambda text: zlib.compress(text.encode()),
    "deflate": lambda text: raw_deflate(text.encode()),
    "base64 of gzip": lambda text: base64.b64encode(gzip.compress(text.encode())),
    "base64 of deflate": lambda text: base64.b64encode(raw_deflate(text.encode())),
    "gzip of base64": lambda text: gzip.compress(base64.b64encode(text.encode())),
    "gzip, cut off": lambda text: gzip.compress(text.encode())[:-9],
}
BINARY = {"utf-16-le", "utf-16-be", "gzip", "zlib", "deflate", "gzip of base64", "gzip, cut off"}


@pytest.fixture
def canaries():
    return Canaries()


@pytest.fixture
def planted_text(canaries):
    return f"läuft {canaries.new('a draft')} später"


def sources_with_leaks(canaries, *searched_sources: Source) -> set[str]:
    leaks = [leak for source in searched_sources for leak in search(source, canaries).leaks]
    assert {leak.canary for leak in leaks} <= {"a draft"}
    return {leak.source for leak in leaks}


# --- each source, in each encoding -----------------------------------------------------------------------------------


@pytest.fixture
def extra_table(db):
    """A table without a model."""
    binary = "bytea" if connection.vendor == "postgresql" else "blob"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "Somebody\'s 100%" (id integer, note text, "raw ""bytes""" {binary})')
    return '"Somebody\'s 100%"'


@pytest.mark.parametrize("form", FORMS)
def test_leak_in_a_table_without_a_model_is_found(form, canaries, planted_text, extra_table, alice):
    column, part = ('"raw ""bytes"""', 'raw "bytes"') if form in BINARY else ("note", "note")
    planted = FORMS[form](planted_text)
    value = planted if form in BINARY else planted.decode()
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {extra_table.replace('%', '%%')} (id, {column}) VALUES (1, %s)", [value])
    found = sources_with_leaks(canaries, *sources.tables(alice.email))
    assert found == {f"table Somebody's 100%, column {part}"}


@pytest.mark.django_db
def test_leak_in_a_column_is_found(canaries, planted_text, alice):
    User.objects.filter(pk=alice.user.pk).update(display_name=planted_text)
    searched = {source.name: search(source, canaries) for source in sources.tables(alice.email)}
    assert [str(leak) for leak in searched["table users"].leaks] == [
        "a draft, in table users, column display_name, as utf-8"
    ]
    assert searched["table users"].is_control_found
    assert {model._meta.db_table for model in (User, Message, PublicKey)} <= {name[6:] for name in searched}
    assert [name for name, source in searched.items() if source.leaks] == ["table users"]


@pytest.mark.once
@pytest.mark.parametrize("form", FORMS)
def test_leak_in_a_log_is_found(form, canaries, planted_text, tmp_path):
    log = tmp_path / "logs" / "server.log.1"
    log.parent.mkdir()
    before = b"" if form in ("deflate",) else b'{"event": "request"}\n'  # raw deflate is found at the beginning only
    log.write_bytes(before + FORMS[form](planted_text) + b"\n")
    assert sources_with_leaks(canaries, sources.logs([tmp_path], None)) == {f"logs, {log}"}


@pytest.mark.once
def test_leak_across_two_chunks_of_a_file_is_found(canaries, planted_text, tmp_path, monkeypatch):
    log, raw = tmp_path / "server.log", planted_text.encode()
    log.write_bytes(b"x" * (1000 - len(raw) // 2) + raw + b"x" * 1000)
    monkeypatch.setattr(sources, "FILE_CHUNK_BYTES", 1000)
    assert sources_with_leaks(canaries, sources.logs([log], None)) == {f"logs, {log}"}


@pytest.mark.once
def test_leak_is_named_in_each_part_and_batch_where_it_is(canaries, planted_text, monkeypatch):
    monkeypatch.setattr("messaging.zero_knowledge.search.BATCH_BYTES", 100)
    leak, clean = planted_text.encode(), b"x" * 60
    values = [("a", clean), ("a", leak), ("b", clean), ("b", clean), ("c", leak), ("d", clean)]
    searched = search(Source("calls", values), canaries)
    assert {leak.source for leak in searched.leaks} == {"calls, a", "calls, c"}
    assert searched.values == len(values)


@pytest.mark.django_db
def test_files_in_var_dir_are_searched_except_static_ones(canaries, planted_text, settings, tmp_path):
    settings.VAR_DIR, settings.STATIC_ROOT = tmp_path, tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    for path in (tmp_path / "vibechat.sqlite3-wal", settings.STATIC_ROOT / "chat.js"):
        path.write_text(planted_text)
    assert sources_with_leaks(canaries, sources.stored_files("x")) == {
        f"files in VAR_DIR, {tmp_path}/vibechat.sqlite3-wal"
    }


KEEP_IN_REDIS = {
    "a key": lambda client, name, value: client.set(name + value, 1),
    "a string": lambda client, name, value: client.set(name, value),
    "a list": lambda client, name, value: client.rpush(name, "x", value),
    "a set": lambda client, name, value: client.sadd(name, "x", value),
    "a zset": lambda client, name, value: client.zadd(name, {value: 1}),
    "a hash": lambda client, name, value: client.hset(name, mapping={"x": 1, value: "x"}),
    "a stream": lambda client, name, value: client.xadd(name, {"x": value}),
}


@pytest.fixture
def redis_database(backend):
    """A database other than the configured one: all are searched."""
    if backend != "services":
        pytest.skip("needs Redis")
    with redis.Redis.from_url(settings.REDIS_URL, db=7) as client:
        yield client
        client.flushdb()


@pytest.mark.parametrize("kind", KEEP_IN_REDIS)
@pytest.mark.parametrize("form", FORMS)
def test_leak_in_redis_is_found(form, kind, canaries, planted_text, redis_database):
    name = b"" if kind == "a key" and form == "deflate" else b"planted:"  # raw deflate is found at the beginning only
    KEEP_IN_REDIS[kind](redis_database, name, FORMS[form](planted_text))
    assert sources_with_leaks(canaries, sources.redis_keys()) == {f"Redis, {kind}"}


@pytest.mark.parametrize("form", FORMS)
def test_leak_in_a_push_through_redis_is_found(form, canaries, planted_text, redis_database):
    with redis_pushes() as pushes:
        redis_database.publish("asgi__group__user_1", FORMS[form](planted_text))
        deadline = time.monotonic() + 5
        while not pushes and time.monotonic() < deadline:
            time.sleep(0.02)
    assert sources_with_leaks(canaries, Source("pushes", pushes)) == {"pushes"}


# --- traffic of browsers ---------------------------------------------------------------------------------------------


class Gone(Exception):
    pass


class Browser:
    """Emits events of requests and sockets as Playwright does."""

    def __init__(self):
        self.listeners, self.pages = {}, [self]

    def on(self, event, listener):
        self.listeners[event] = listener

    def ask(self, path, body=b"{}", answer=b"{}", headers=None, method="POST", scheme="https"):
        def read():
            if answer is None:
                raise Gone
            return answer

        response = SimpleNamespace(status=200, headers={}, body=read)
        request = SimpleNamespace(
            method=method, url=f"{scheme}://chat.example.org{path}", headers=headers or {}, post_data_buffer=body,
            response=lambda: response,
        )  # fmt: skip
        self.listeners["request"](request)
        self.listeners["requestfinished"](request)

    def open_socket(self):
        socket = Browser()
        socket.url = "wss://chat.example.org/ws/chat/"
        self.listeners["websocket"](socket)
        return socket.listeners


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def recording(browser):
    recording = Recording(unreadable=Gone)
    recording.listen_to(browser)
    return recording


@pytest.mark.once
@pytest.mark.parametrize("form", FORMS)
def test_leak_in_a_request_is_found(form, browser, recording, canaries, planted_text):
    browser.ask("/api/messages/send", FORMS[form](planted_text))
    assert sources_with_leaks(canaries, *recording.sources("x")) == {"requests, POST /api/messages/send"}


@pytest.mark.once
@pytest.mark.parametrize("form", FORMS)
def test_leak_in_a_response_is_found(form, browser, recording, canaries, planted_text):
    browser.ask("/api/messages/sync", answer=FORMS[form](planted_text))
    assert sources_with_leaks(canaries, *recording.sources("x")) == {"answers, POST /api/messages/sync"}


@pytest.mark.once
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("event", "source"),
    [
        ("framesent", "WebSocket frames to the server"),
        ("framereceived", "WebSocket frames from the server (pushes)"),
    ],
)
def test_leak_in_a_frame_is_found(event, source, form, browser, recording, canaries, planted_text):
    frame = FORMS[form](planted_text)
    browser.open_socket()[event](frame if form in BINARY else frame.decode())
    assert sources_with_leaks(canaries, *recording.sources("x")) == {source}


@pytest.mark.once
def test_leaks_in_url_and_headers_are_found(browser, recording, canaries, planted_text):
    text = planted_text.split()[1]
    browser.ask(f"/api/messages/inbox?search={text}", b"", method="GET")
    browser.ask("/api/x", headers={"x-draft": text})
    assert sources_with_leaks(canaries, *recording.sources("x")) == {
        "requests, GET /api/messages/inbox",
        "requests, POST /api/x",
    }


@pytest.mark.once
def test_password_is_a_leak_except_in_authentication_requests(browser, recording, canaries):
    password = canaries.new("a draft", PASSWORD).encode()
    browser.ask("/api/auth/register", password)
    browser.ask("/api/auth/login", password)
    assert sources_with_leaks(canaries, *recording.sources("x")) == set()
    browser.ask("/api/contacts/add", password)
    assert sources_with_leaks(canaries, *recording.sources("x")) == {"requests, POST /api/contacts/add"}


@pytest.mark.once
def test_what_the_page_shows_of_its_own_is_no_leak(browser, recording, canaries, planted_text):
    for scheme in ("blob:https", "data"):
        browser.ask("/9778fda3-b3f4-4453", answer=planted_text.encode(), method="GET", scheme=scheme)
    assert sources_with_leaks(canaries, *recording.sources("x")) == set()


@pytest.mark.once
def test_picture_that_a_page_has_made_is_looked_for_by_its_middle(canaries):
    note(canaries, "picture", bytes(100) + bytes(range(48)) + bytes(52))
    assert canaries.secrets == {bytes(range(48)).decode("latin-1"): "a picture"}


@pytest.mark.once
def test_unreadable_requests_and_responses_are_reported(browser, recording):
    browser.ask("/api/messages/send", body=None)
    browser.ask("/api/keys/upload", answer=None)
    assert recording.unread_requests == ["the body of POST /api/messages/send"]
    assert recording.unread_answers == ["the answer to POST /api/keys/upload"]


# --- the search itself -----------------------------------------------------------------------------------------------


@pytest.mark.once
@pytest.mark.parametrize("name", [name for name, _ in encodings("x")])
def test_encoding_is_found_among_other_bytes(name):
    text = "planted 🦊 läuft"
    haystack = b"\x01before " + dict(encodings(text))[name] + b" after\xff"
    assert find(text, haystack)
    assert find("other 🦊 läuft", haystack) == []


@pytest.mark.once
def test_canaries_are_distinguished(canaries):
    first, second = canaries.new("first"), canaries.new("second")
    leaks = search(Source("here", [("", f"{second}".encode())]), canaries).leaks
    assert [leak.canary for leak in leaks] == ["second"]
    assert first[:MARK_DIGITS] == second[:MARK_DIGITS] != first


@pytest.mark.once
def test_part_of_a_canary_is_a_leak(canaries):
    cut = canaries.new("a long message")[:MARK_DIGITS]
    assert [leak.canary for leak in search(Source("here", [("", cut.encode())]), canaries).leaks] == [
        "a part of some text"
    ]


# --- secrets that a page's Web Crypto handles ------------------------------------------------------------------------

SCALAR = bytes(range(200, 232))
P256_HEAD = bytes.fromhex("308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420")
ED25519_HEAD = bytes.fromhex("302e020100300506032b657004220420")


@pytest.mark.once
@pytest.mark.parametrize(
    "written",
    [SCALAR, SCALAR.hex().encode(), base64.b64encode(b"x" + SCALAR), gzip.compress(b"x" + SCALAR)],
    ids=["plain", "hex", "base64", "gzip"],
)
def test_private_key_is_found_in_every_form(canaries, written):
    note(canaries, "pkcs8", P256_HEAD + SCALAR + b"p" * 70)
    leaks = search(Source("here", [("", b"before " + written + b" after")]), canaries).leaks
    assert {leak.canary for leak in leaks} == {"a private key"}


@pytest.mark.once
@pytest.mark.parametrize("pkcs8", [P256_HEAD + SCALAR + b"p" * 70, ED25519_HEAD + SCALAR])
def test_public_part_of_a_private_key_is_no_leak(canaries, pkcs8):
    note(canaries, "pkcs8", pkcs8)
    assert list(canaries.secrets) == [SCALAR.decode("latin-1")]
    assert search(Source("here", [("", P256_HEAD), ("", b"p" * 70)]), canaries).leaks == []


@pytest.mark.once
@pytest.mark.parametrize(("label", "name"), DERIVATIONS.items())
def test_key_material_is_named_by_its_label(canaries, label, name):
    note(canaries, lp_head(label) + "further parts", b"A" * 26)
    note(canaries, lp_head("VibeChat message"), b"B" * 26)
    note(canaries, lp_head(label), b"short")
    assert canaries.secrets == {"A" * 26: name}
    (leak,) = search(Source("here", [("", b"A" * 26)]), canaries).leaks
    assert leak.canary == name


@pytest.mark.once
def test_password_may_be_shown_again_and_a_key_may_not(browser, recording, canaries):
    password = canaries.new("a draft", PASSWORD).encode()
    note(canaries, "pkcs8", ED25519_HEAD + SCALAR)
    browser.ask("/api/auth/proof", password)
    assert sources_with_leaks(canaries, *recording.sources("x")) == set()
    browser.ask("/api/auth/proof", SCALAR)
    leaks = [leak for source in recording.sources("x") for leak in search(source, canaries).leaks]
    assert {leak.canary for leak in leaks} == {"a private key"}


@pytest.mark.once
def test_source_without_its_control_is_reported(canaries):
    values = [("", b"alice@example.org")]
    assert search(Source("here", values, "alice@example.org"), canaries).is_control_found
    assert not search(Source("here", values, "bob@example.org"), canaries).is_control_found


@pytest.mark.once
def test_decompression_is_bounded():
    bomb = gzip.compress(b"\0" * 200_000_000)
    assert find("planted", bomb) == []


# --- removal ---------------------------------------------------------------------------------------------------------


def test_removal_deletes_temporary_accounts_and_no_others(alice, bob, mallory, canaries):
    keys = {person: person.upload_key() for person in (alice, bob, mallory)}
    alice.send(bob, sender_fingerprint=keys[alice], recipient_fingerprint=keys[bob])
    bob.send(alice)
    bob.post("/api/contacts/add", {"email": alice.email})
    mallory.client.get("/api/auth/me")
    assert remove([alice.email, bob.email]) == 2
    assert list(User.objects.all()) == [mallory.user]
    assert list(PublicKey.objects.values_list("fingerprint", flat=True)) == [keys[mallory]]
    assert not Message.objects.exists()
    assert not SpentClientId.objects.exists()
    assert not [source.name for source in sources.tables("x") for _, value in source.values if b"alice@" in value]
    assert remove([alice.email, bob.email]) == 0
