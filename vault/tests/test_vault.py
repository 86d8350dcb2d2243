import base64
import json
import secrets

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Session
from messaging.mailboxes import Mailbox
from tests.support.vault_writer import LEAST_BLOB, ZEROS, Browser, Writer, b64, way
from vault.models import BrowserList, VaultVersion

pytestmark = pytest.mark.django_db

PATH = "/api/vault"
BOX = b64(b"x" * 114)


def code_of(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def field_codes(answer) -> dict:
    assert answer.status_code == 400, answer.json()
    return {name: [error["code"] for error in errors] for name, errors in answer.json()["fields"].items()}


def stored(person) -> int:
    return Mailbox.objects.filter(user=person.user).values_list("stored_bytes", flat=True).first() or 0


def test_it_works(writer, alice):
    assert code_of(alice.get(PATH)) == (404, "no_vault")
    body = writer.body(browsers=writer.list())
    answer = writer.put(body)
    assert answer.status_code == 201
    assert answer.json() == {"version": 1, "hash": body["hash"], "created_at": answer.json()["created_at"]}
    kept = alice.get(PATH)
    assert kept.status_code == 200
    sent = {name: value for name, value in body.items() if name != "browsers"}
    assert kept.json() == sent | {"created_at": answer.json()["created_at"]}
    assert alice.get("/api/browsers").json()["browsers"] == body["browsers"]


def test_table_has_only_these_columns():
    assert {field.attname for field in VaultVersion._meta.get_fields()} == {
        "id",
        "user_id",
        "version",
        "generation",
        "blob",
        "boxes",
        "hash",
        "previous",
        "browser",
        "signature",
        "size",
        "created_at",
    }
    assert {field.attname for field in BrowserList._meta.get_fields()} == {"user_id", "version", "raw", "updated_at"}


def test_next_version_follows_the_hash_of_the_last(writer, alice):
    body = writer.next(writer.next(writer.first()))
    assert alice.get(PATH).json()["version"] == 3
    assert alice.get(PATH).json()["blob"] == body["blob"]


def test_vault_is_the_owners_alone(writer, bob):
    writer.first()
    assert code_of(bob.get(PATH)) == (404, "no_vault")
    assert code_of(bob.get(f"{PATH}/versions/1")) == (404, "no_vault")
    assert bob.get(f"{PATH}/versions").json() == {"results": []}
    assert code_of(bob.delete(PATH)) == (404, "no_vault")


@pytest.mark.parametrize("change", [{"version": 3}, {"version": 1}, {"previous": secrets.token_bytes(32)}])
def test_write_that_does_not_follow_is_refused(writer, alice, change):
    first = writer.first()
    assert code_of(writer.put(writer.after(first, **change))) == (409, "vault_changed")
    assert alice.get(PATH).json()["hash"] == first["hash"]
    assert VaultVersion.objects.count() == 1


@pytest.mark.parametrize("change", [{"version": 2}, {"previous": b"1" * 32}])
def test_first_version_is_1_and_follows_zeros(writer, change):
    assert code_of(writer.put(writer.body(browsers=writer.list(), **change))) == (409, "vault_changed")
    assert not BrowserList.objects.exists()


def test_repeat_of_the_last_write_changes_nothing(writer, alice, unproven, pushed, django_capture_on_commit_callbacks):
    first = writer.first()
    second = writer.next(first)
    unproven(alice)
    with django_capture_on_commit_callbacks(execute=True):
        assert writer.put(second).status_code == 200
    assert code_of(writer.put(first)) == (409, "vault_changed")
    assert VaultVersion.objects.count() == 2
    assert pushed == []


def test_repeat_of_the_first_write_is_200(writer):
    first = writer.first()
    assert writer.put(first).status_code == 200


def test_of_two_writes_of_one_version_the_second_is_refused(writer):
    first = writer.first()
    writer.next(first)
    assert code_of(writer.put(writer.after(first))) == (409, "vault_changed")


# --- proof -----------------------------------------------------------------------------------------------------------


def test_content_needs_no_proof(writer, alice, unproven):
    first = writer.first()
    unproven(alice)
    writer.next(first)


@pytest.mark.parametrize(
    "change",
    [
        lambda writer, first: {"ways": [*first["ways"], way()]},
        lambda writer, first: {"ways": []},
        lambda writer, first: {"ways": [way()]},
        lambda writer, first: {"generation": 2},
        lambda writer, first: {"browsers": writer.list(2)},
    ],
)
def test_ways_generation_and_browsers_need_a_proof(writer, alice, unproven, change):
    first = writer.first()
    unproven(alice)
    body = writer.after(first, **change(writer, first))
    assert code_of(writer.put(body)) == (403, "proof_needed")
    assert alice.get(PATH).json()["version"] == 1
    assert alice.get("/api/browsers").json()["version"] == 1
    assert alice.post("/api/auth/proof", {"password": "correct horse battery"}).status_code == 204
    assert writer.put(body).status_code == 200


def test_first_vault_needs_a_proof(writer, alice, unproven):
    unproven(alice)
    assert code_of(writer.put(writer.body(browsers=writer.list()))) == (403, "proof_needed")


def test_log_in_counts_as_proof(alice, anonymous):
    body = {"email": alice.email, "password": "correct horse battery"}
    anonymous.post("/api/auth/login", body, format="json")
    anonymous.post("/api/auth/register", body | {"email": "new@example.org"}, format="json")
    sessions = Session.objects.exclude(pk=alice.session.pk)
    assert [session.is_proven() for session in sessions] == [True, True]


def test_renewed_token_is_no_proof(alice, anonymous, unproven):
    unproven(alice)
    answer = anonymous.post("/api/auth/refresh", {"refresh": alice.tokens["refresh"]}, format="json")
    assert answer.status_code == 200
    assert not alice.session.is_proven()


# --- signatures ------------------------------------------------------------------------------------------------------


def test_browser_outside_the_list_is_refused(writer):
    first = writer.first()
    assert code_of(writer.put(writer.after(first, by=Browser()))) == (403, "signature_refused")


def test_browser_that_leaves_the_list_with_its_own_write_is_refused(writer):
    first, other = writer.first(), Browser()
    body = writer.after(first, browsers=writer.list(2, [other]))
    assert code_of(writer.put(body)) == (403, "signature_refused")


def test_browser_that_joins_the_list_with_its_own_write_is_accepted(writer):
    first, other = writer.first(), Browser()
    writer.next(first, by=other, browsers=writer.list(2, [writer.browser, other]))


def test_without_a_list_no_write_is_accepted(writer):
    assert code_of(writer.put(writer.body())) == (403, "signature_refused")


def test_signature_of_another_version_or_account_is_refused(writer, bob):
    first = writer.first()
    body = writer.after(first)
    assert code_of(writer.put(body | {"signature": first["signature"]})) == (403, "signature_refused")
    theirs = Writer(bob)
    theirs.browser, theirs.identity = writer.browser, writer.identity
    theirs.browsers = [writer.browser]
    theirs.upload_identity()
    body = theirs.body(browsers=theirs.list())
    stolen = writer.body(ways=body["ways"], blob=base64.b64decode(body["blob"]))
    assert field_codes(theirs.put(body | {"hash": stolen["hash"]})) == {"hash": ["wrong_hash"]}
    assert code_of(theirs.put(body | {"signature": stolen["signature"]})) == (403, "signature_refused")
    assert theirs.put(body).status_code == 201


# --- form and size ---------------------------------------------------------------------------------------------------


def test_hash_must_be_that_of_the_write(writer):
    body = writer.body(browsers=writer.list())
    for change in ({"hash": ZEROS.hex()}, {"ways": [way()]}, {"browser": "0" * 32}):
        assert field_codes(writer.put(body | change)) == {"hash": ["wrong_hash"]}


def test_head_of_the_blob_must_name_version_and_generation(writer):
    for head in (bytes.fromhex("020000000100000001"), bytes.fromhex("010000000200000001")):
        body = writer.body(browsers=writer.list(), blob=head + b"x" * (LEAST_BLOB - 9))
        assert field_codes(writer.put(body)) == {"blob": ["invalid_blob"]}


@pytest.mark.parametrize("length", [LEAST_BLOB - 1, LEAST_BLOB + 1])
def test_blob_has_a_padded_length(writer, length):
    blob = writer.body()["blob"]
    body = writer.body(browsers=writer.list(), blob=(base64.b64decode(blob) + b"x")[:length])
    code = "invalid_length" if length < LEAST_BLOB else "invalid_blob"
    assert field_codes(writer.put(body)) == {"blob": [code]}


@pytest.mark.parametrize("change", [{"kind": "passkey"}, {"box": BOX}])
def test_box_changes_with_the_generation_only(writer, change):
    first = writer.first()
    ways = [first["ways"][0] | change]
    assert field_codes(writer.put(writer.after(first, ways=ways))) == {"ways": ["box_changed"]}
    writer.next(first, ways=ways, generation=2)


def test_generation_does_not_fall(writer):
    first = writer.first(generation=2)
    assert field_codes(writer.put(writer.after(first, generation=1))) == {"generation": ["too_low"]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"version": 0}, "min_value"),
        ({"version": 2**32}, "max_value"),
        ({"version": "1"}, "invalid"),
        ({"generation": 0}, "min_value"),
        ({"blob": "x"}, "invalid_base64"),
        ({"blob": b64(b"12345678")}, "invalid_length"),
        ({"hash": "0" * 62}, "invalid_form"),
        ({"previous": "A" * 64}, "invalid_form"),
        ({"browser": "A" * 32}, "invalid_form"),
        ({"signature": b64(b"1" * 63)}, "invalid_length"),
        ({"ways": {}}, "not_a_list"),
        ({"ways": [{"id": "0" * 32, "kind": "smoke", "box": BOX}]}, "invalid_form"),
        ({"ways": [{"id": "0" * 32, "kind": "code", "box": b64(b"x" * 113)}]}, "invalid_length"),
        ({"ways": [{"id": "0" * 32, "kind": "code", "box": BOX}] * 2}, "repeated"),
        ({"ways": [way() for _ in range(41)]}, "max_length"),
        ({"browsers": b64(b"x" * 200)}, "invalid_list"),
    ],
)
def test_malformed_members_are_refused(writer, change, code):
    (name,) = change
    assert field_codes(writer.put(writer.body() | change)) == {name: [code]}


def test_vault_may_be_1_mib_and_not_more(alice):
    writer = Writer(alice, size=LEAST_BLOB + 254 * 4096)
    writer.first()
    writer.size = 1024 * 1024 + 1
    assert code_of(writer.put(writer.body())) == (413, "too_large")


def test_bytes_are_charged_and_a_full_account_is_refused(writer, alice, settings):
    first = writer.first()
    used = stored(alice)
    assert used > 4096
    settings.ACCOUNT_STORAGE_BYTES = used
    answer = writer.put(writer.after(first))
    assert answer.status_code == 409
    assert answer.json() | {"detail": ""} == {"code": "storage_full", "detail": "", "used": used, "allowed": used}
    assert alice.get(PATH).json()["version"] == 1
    settings.ACCOUNT_STORAGE_BYTES *= 3
    writer.next(first)
    assert alice.delete(PATH).status_code == 204
    alice.user.browser_list.delete()
    assert stored(alice) < 1024 + 400  # what the list is charged


def test_write_that_fails_in_the_middle_leaves_the_old_vault_whole(writer, alice, monkeypatch):
    body = writer.first()
    for _ in range(5):
        body = writer.next(body)
    before, used = alice.get(f"{PATH}/versions").json(), stored(alice)

    def fail(*args, **values):
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(VaultVersion.objects, "create", fail)
    with transaction.atomic():
        following = writer.after(body, browsers=writer.list(2, [writer.browser, Browser()]))
        assert writer.put(following).status_code == 503
        transaction.set_rollback(False)
    monkeypatch.undo()
    assert alice.get(f"{PATH}/versions").json() == before
    assert alice.get(PATH).json()["hash"] == body["hash"]
    assert alice.get("/api/browsers").json()["version"] == 1
    assert stored(alice) == used
    assert writer.put(following).status_code == 200


def test_deletion_of_the_vault_needs_a_proof(writer, alice, unproven, pushed, django_capture_on_commit_callbacks):
    writer.next(writer.first())
    unproven(alice)
    assert code_of(alice.delete(PATH)) == (403, "proof_needed")
    alice.post("/api/auth/proof", {"password": "correct horse battery"})
    with django_capture_on_commit_callbacks(execute=True):
        assert alice.delete(PATH).status_code == 204
    assert not VaultVersion.objects.exists()
    assert pushed == [(alice.user.pk, json.dumps({"type": "vault_changed", "version": 0}))]


def test_new_password_leaves_the_vault_alone(writer, alice):
    first = writer.first()
    change = {"current_password": "correct horse battery", "new_password": "another horse battery"}
    assert alice.post("/api/auth/password", change).status_code == 204
    assert alice.get(PATH).json()["hash"] == first["hash"]


def test_deletion_of_the_account_deletes_the_vault(writer, alice):
    writer.first()
    assert alice.delete("/api/auth/me", {"password": "correct horse battery"}).status_code == 204
    assert not VaultVersion.objects.exists()
    assert not BrowserList.objects.exists()


def test_write_is_pushed_to_the_writers_own_sockets(writer, alice, pushed, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        writer.first()
    texts = [json.loads(text) for user_id, text in pushed if user_id == alice.user.pk]
    assert texts == [{"type": "browsers_changed", "version": 1}, {"type": "vault_changed", "version": 1}]
    assert len(pushed) == 2


def test_security_log_names_the_ways(writer, caplog):
    first = writer.first()
    writer.next(first)
    events = [(record.message, getattr(record, "ways", None)) for record in caplog.records]
    named = [first["ways"][0]["id"]]
    assert [event for event in events if event[0] == "ways_changed"] == [("ways_changed", named)]
    text = " ".join(str(vars(record)) for record in caplog.records)
    assert first["blob"] not in text
    assert first["ways"][0]["box"] not in text


def test_reads_and_writes_have_a_number_of_queries_that_does_not_grow(writer, alice):
    body = writer.first()
    counts = []
    for _ in range(2):
        for _ in range(4):
            body = writer.next(body)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            alice.get(PATH)
            alice.get(f"{PATH}/versions")
            body = writer.next(body)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("call", "most"), [("read", 120), ("write", 120)])
def test_reads_and_writes_are_limited(writer, alice, settings, call, most):
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMITS = settings.RATE_LIMITS | {f"vault_{call}": {"account": "3/d"}}
    answers = [alice.get(PATH) if call == "read" else alice.put(PATH, {}) for _ in range(4)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, False, True]
    assert int(answers[3].headers["Retry-After"]) > 0
