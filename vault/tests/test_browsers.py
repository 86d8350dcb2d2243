import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from accounts.models import Session
from accounts.tokens import first_tokens
from conftest import Person
from tests.support.vault_writer import Browser, Writer, b64, signed_list
from vault.formats import MalformedList, SignedList

PATH = "/api/browsers"
pytestmark = pytest.mark.django_db


def code_of(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def put(writer, version=1, browsers=None):
    return writer.person.put(PATH, {"browsers": writer.list(version, browsers)})


def further_session(person) -> Person:
    """The same account, logged in once more."""
    copy = object.__new__(Person)
    copy.__dict__ = person.__dict__ | {"session": Session.objects.begin(person.user)}
    copy.client = type(person.client)(headers={"Authorization": f"Bearer {first_tokens(copy.session)['access']}"})
    return copy


def test_it_works(writer, alice):
    assert alice.get(PATH).json() == {"browsers": None, "version": 0, "results": []}
    answer = put(writer)
    assert answer.status_code == 200
    assert alice.post(f"{PATH}/here", {"browser": writer.browser.id}).status_code == 204
    seen = alice.get(PATH).json()
    assert (seen["browsers"], seen["version"]) == (writer.list(), 1)
    assert [(row["id"], row["is_current"]) for row in seen["results"]] == [(writer.browser.id, True)]
    assert seen["results"][0]["last_seen_at"]


def test_browser_without_a_session_has_no_last_seen(writer, alice):
    put(writer)
    (row,) = alice.get(PATH).json()["results"]
    assert (row["last_seen_at"], row["is_current"]) == (None, False)


def test_others_look_a_list_up_by_email(writer, alice, bob):
    path = f"{PATH}/email/{alice.email}"
    assert code_of(bob.get(path)) == (404, "no_browsers")
    put(writer)
    assert bob.get(path).json() == {"email": alice.email, "browsers": writer.list(), "version": 1}
    assert code_of(bob.get(f"{PATH}/email/nobody@example.org")) == (404, "user_not_found")
    assert bob.get(f"{PATH}/email/none").status_code == 400


def test_version_rises(writer):
    put(writer, 2)
    other = [writer.browser, Browser()]
    assert code_of(put(writer, 2, other)) == (409, "list_changed")
    assert code_of(put(writer, 1, other)) == (409, "list_changed")
    assert put(writer, 3, other).status_code == 200


def test_same_list_again_changes_nothing(writer, alice, unproven, pushed, django_capture_on_commit_callbacks):
    put(writer)
    unproven(alice)
    with django_capture_on_commit_callbacks(execute=True):
        assert put(writer).status_code == 200
    assert pushed == []


def test_change_needs_a_proof(writer, alice, unproven):
    unproven(alice)
    assert code_of(put(writer)) == (403, "proof_needed")


def test_only_the_present_identity_signs(writer, alice, bob):
    body = {"browsers": signed_list(Writer(bob).identity, alice.email, 1, [Browser()])}
    assert code_of(alice.put(PATH, body)) == (403, "signature_refused")
    body = {"browsers": signed_list(writer.identity, bob.email, 1, [Browser()])}
    assert code_of(alice.put(PATH, body)) == (403, "signature_refused")
    former = writer.list()
    writer.identity = Ed25519PrivateKey.generate()
    writer.upload_identity()
    assert code_of(alice.put(PATH, {"browsers": former})) == (403, "signature_refused")
    assert put(writer).status_code == 200


def test_account_without_identity_has_no_list(writer, mallory):
    body = {"browsers": signed_list(writer.identity, mallory.email, 1, [Browser()])}
    assert code_of(mallory.put(PATH, body)) == (403, "signature_refused")
    mallory.upload_key()
    assert code_of(mallory.put(PATH, body)) == (403, "signature_refused")


def test_change_is_pushed_to_own_sockets_only(writer, alice, pushed, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        put(writer)
    assert pushed == [(alice.user.pk, json.dumps({"type": "browsers_changed", "version": 1}))]


# --- the form of a list ----------------------------------------------------------------------------------------------


def entry(id=b"1" * 16, key=b"k" * 32, versions=(1, 2)) -> bytes:
    return id + key + bytes(4) + bytes([len(versions), *versions])


def body_of(count=1, version=1, entries=None) -> bytes:
    entries = sorted(Browser().entry() for _ in range(count)) if entries is None else entries
    return version.to_bytes(4) + bytes([count]) + b"".join(entries) + bytes(64)


@pytest.mark.parametrize("count", [1, 20])
def test_up_to_20_browsers_are_read(count):
    assert len(SignedList.read(body_of(count)).keys) == count


TWICE = Browser().entry()
ORDERED = sorted(Browser().entry() for _ in range(2))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes(64),
        body_of(0, entries=[]),
        body_of(21),
        body_of(version=0),
        body_of(2, entries=ORDERED[:1]),
        body_of(1, entries=ORDERED),
        body_of(2, entries=ORDERED[::-1]),
        body_of(2, entries=[TWICE, TWICE]),
        body_of(2, entries=[entry(), entry(b"2" * 16)]),
        *[body_of(entries=[entry(versions=versions)]) for versions in ((), (0, 1), (2, 1), (1, 1), range(1, 10))],
        body_of()[:-1],
        body_of() + b"\0",
    ],
    ids=lambda raw: f"{len(raw)} bytes",
)
def test_malformed_list_is_refused(raw):
    with pytest.raises(MalformedList):
        SignedList.read(raw)


def test_malformed_list_is_400(writer, alice):
    raw = base64.b64decode(writer.list())
    answer = alice.put(PATH, {"browsers": b64(raw[:4] + b"\2" + raw[5:])})
    assert answer.json()["fields"]["browsers"][0]["code"] == "invalid_list"


# --- sessions --------------------------------------------------------------------------------------------------------


def test_session_binds_to_a_listed_browser_only(writer, alice):
    body = {"browser": writer.browser.id}
    assert code_of(alice.post(f"{PATH}/here", body)) == (404, "browser_not_found")
    put(writer)
    assert code_of(alice.post(f"{PATH}/here", {"browser": "0" * 32})) == (404, "browser_not_found")
    assert alice.post(f"{PATH}/here", {"browser": "x"}).status_code == 400
    assert alice.post(f"{PATH}/here", body).status_code == 204


def test_bound_session_binds_to_another_browser_with_a_proof_only(writer, alice, unproven):
    other = Browser()
    put(writer, 1, [writer.browser, other])
    alice.post(f"{PATH}/here", {"browser": other.id})
    unproven(alice)
    assert alice.post(f"{PATH}/here", {"browser": other.id}).status_code == 204
    assert code_of(alice.post(f"{PATH}/here", {"browser": writer.browser.id})) == (403, "proof_needed")
    alice.post("/api/auth/proof", {"password": "correct horse battery"})
    assert alice.post(f"{PATH}/here", {"browser": writer.browser.id}).status_code == 204


def test_list_without_a_browser_ends_its_sessions(writer, alice):
    lost, phone, unbound = Browser(), further_session(alice), further_session(alice)
    put(writer, 1, [writer.browser, lost])
    alice.post(f"{PATH}/here", {"browser": writer.browser.id})
    assert phone.post(f"{PATH}/here", {"browser": lost.id}).status_code == 204
    assert put(writer, 2).status_code == 200
    assert phone.get("/api/auth/me").status_code == 401
    assert [person.get("/api/auth/me").status_code for person in (alice, unbound)] == [200, 200]


def test_vault_with_a_shorter_list_ends_sessions_too(writer, alice):
    lost, phone = Browser(), further_session(alice)
    first = writer.body(browsers=writer.list(1, [writer.browser, lost]))
    writer.put(first)
    phone.post(f"{PATH}/here", {"browser": lost.id})
    writer.next(first, generation=2, browsers=writer.list(2))
    assert phone.get("/api/auth/me").status_code == 401


def test_refused_vault_ends_no_session(writer, alice):
    lost, phone = Browser(), further_session(alice)
    first = writer.body(browsers=writer.list(1, [writer.browser, lost]))
    writer.put(first)
    phone.post(f"{PATH}/here", {"browser": lost.id})
    assert writer.put(writer.after(first, by=Browser(), browsers=writer.list(2))).status_code == 403
    assert phone.get("/api/auth/me").status_code == 200
