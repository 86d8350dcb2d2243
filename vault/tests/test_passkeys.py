import json
import secrets

import pytest
from django.core import signing
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from accounts.models import Session, User
from conftest import PASSWORD
from tests.support.authenticator import PRESENT, Authenticator
from vault.models import Passkey, SpentChallenge
from vault.tests.test_browsers import further_session

pytestmark = pytest.mark.django_db

PATH = "/api/passkeys"
LOG_IN = "/api/auth/passkey"


def code_of(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.fixture
def authenticator():
    return Authenticator()


def creation_options(person) -> dict:
    answer = person.post(f"{PATH}/options")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def add(person, authenticator, name="Phone"):
    return person.post(PATH, {"credential": authenticator.create(creation_options(person)), "name": name})


def request_options(client) -> dict:
    return client.post(f"{LOG_IN}/options", {}, format="json").json()


def log_in(client, authenticator, **more):
    credential = authenticator.get(request_options(client))
    return client.post(LOG_IN, {"credential": credential, **more}, format="json")


@pytest.fixture
def added(alice, authenticator):
    assert add(alice, authenticator).status_code == 201
    return authenticator


def test_it_works(alice, anonymous, authenticator):
    options = creation_options(alice)
    assert options["rp"] == {"name": "VibeChat", "id": "testserver"}
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    answer = alice.post(PATH, {"credential": authenticator.create(options), "name": "Phone"})
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "credential_id", "name", "created_at", "last_used_at"}
    assert (answer.json()["name"], answer.json()["last_used_at"]) == ("Phone", None)
    assert answer.json()["credential_id"] == bytes_to_base64url(authenticator.id)
    answer = log_in(anonymous, authenticator)
    assert answer.status_code == 200
    assert set(answer.json()) == {"user", "access", "refresh"}
    assert answer.json()["user"]["email"] == alice.email
    (row,) = alice.get(PATH).json()["results"]
    assert row["last_used_at"]


def test_table_has_only_these_columns():
    assert {field.attname for field in Passkey._meta.get_fields()} == {
        "id",
        "user_id",
        "credential_id",
        "public_key",
        "sign_count",
        "name",
        "created_at",
        "last_used_at",
    }


def test_log_in_may_use_the_cookie_and_counts_as_proof(alice, anonymous, added, settings):
    answer = log_in(anonymous, added, refresh_cookie=True)
    assert "refresh" not in answer.json()
    assert answer.cookies[settings.REFRESH_COOKIE]["httponly"]
    assert Session.objects.latest("created_at").is_proven()


def test_known_passkeys_are_excluded_from_creation(alice, added):
    (excluded,) = creation_options(alice)["excludeCredentials"]
    assert excluded["id"] == bytes_to_base64url(added.id)


# --- adding ----------------------------------------------------------------------------------------------------------


def test_options_need_a_proof(alice, unproven):
    unproven(alice)
    assert code_of(alice.post(f"{PATH}/options")) == (403, "proof_needed")


SPOILED = {
    "wrong origin": {"origin": "https://evil.example"},
    "wrong port": {"origin": "http://testserver:81"},
    "wrong rpId": {"rp_id": "evil.example"},
    "user not verified": {"flags": PRESENT},
    "user not present": {"flags": 0x04},
    "in a frame": {"client_data": {"crossOrigin": True}},
    "another type": {"client_data": {"type": "payment.get"}},
    "foreign challenge": {"client_data": {"challenge": bytes_to_base64url(b"x" * 32)}},
}
LONG_IDS = {"id too long": {"id": bytes(1024)}, "id longer than an index takes": {"id": secrets.token_bytes(5000)}}


@pytest.mark.parametrize("change", (SPOILED | LONG_IDS).values(), ids=SPOILED | LONG_IDS)
def test_spoiled_creation_is_refused(alice, authenticator, change):
    vars(authenticator).update(change)
    answer = add(alice, authenticator)
    assert answer.status_code == 400
    assert answer.json()["fields"]["credential"][0]["code"] == "passkey_refused"
    assert not Passkey.objects.exists()


def test_creation_is_bound_to_account_and_session(alice, bob, authenticator):
    credential = authenticator.create(creation_options(alice))
    assert bob.post(PATH, {"credential": credential, "name": ""}).status_code == 400
    assert further_session(alice).post(PATH, {"credential": credential, "name": ""}).status_code == 400
    assert alice.post(PATH, {"credential": credential, "name": ""}).status_code == 201


def test_creation_is_accepted_once(alice, authenticator):
    options = creation_options(alice)
    assert alice.post(PATH, {"credential": authenticator.create(options), "name": ""}).status_code == 201
    second = Authenticator()
    assert alice.post(PATH, {"credential": second.create(options), "name": ""}).status_code == 400


def test_passkey_belongs_to_one_account(alice, bob, added):
    assert code_of(add(bob, added)) == (409, "passkey_taken")


def test_20_passkeys_an_account(alice, settings, monkeypatch):
    monkeypatch.setattr("vault.passkeys.MOST_PASSKEYS", 2)
    waiting = creation_options(alice)
    for _ in range(2):
        assert add(alice, Authenticator()).status_code == 201
    assert code_of(alice.post(f"{PATH}/options")) == (409, "too_many_passkeys")
    late = alice.post(PATH, {"credential": Authenticator().create(waiting), "name": ""})
    assert code_of(late) == (409, "too_many_passkeys")


def test_result_of_prf_is_refused(alice, anonymous, authenticator):
    results = {"clientExtensionResults": {"prf": {"enabled": True, "results": {"first": "AAAA"}}}}
    credential = authenticator.create(creation_options(alice)) | results
    for answer in (
        alice.post(PATH, {"credential": credential, "name": ""}),
        anonymous.post(LOG_IN, {"credential": credential}, format="json"),
    ):
        assert answer.status_code == 400
        assert answer.json()["fields"]["credential"][0]["code"] == "prf_results"
    credential["clientExtensionResults"] = {"prf": {"enabled": True}}
    assert alice.post(PATH, {"credential": credential, "name": ""}).status_code == 201


MALFORMED = [
    {},
    {"id": 5},
    {"id": "x", "response": []},
    {"id": "x", "response": {"clientDataJSON": "AA"}},
    {"id": "é", "response": {"clientDataJSON": bytes_to_base64url(b"[]")}},
    {"id": "x", "response": {"clientDataJSON": bytes_to_base64url(b'{"challenge": 5}')}},
]


@pytest.mark.parametrize("credential", MALFORMED)
def test_malformed_credentials_are_refused(alice, anonymous, credential):
    assert alice.post(PATH, {"credential": credential, "name": ""}).status_code == 400
    answer = anonymous.post(LOG_IN, {"credential": credential}, format="json")
    assert code_of(answer) == (401, "passkey_refused")


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("value", ["", "AAAA", "é", 5, None, [], {"x": 1}])
def test_malformed_parts_of_a_credential_are_refused(anonymous, added, part, value):
    credential = added.get(request_options(anonymous))
    credential["response"][part] = value
    answer = anonymous.post(LOG_IN, {"credential": credential}, format="json")
    is_harmless = part == "userHandle" and value in (None, "")
    assert answer.status_code == (200 if is_harmless else 401)


# --- log-in ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", SPOILED.values(), ids=SPOILED)
def test_spoiled_log_in_is_refused(anonymous, added, change, caplog):
    vars(added).update(change)
    assert code_of(log_in(anonymous, added)) == (401, "passkey_refused")
    assert "passkey_refused" in [record.message for record in caplog.records]


def test_replayed_credential_is_refused(anonymous, added):
    credential = added.get(request_options(anonymous))
    answers = [anonymous.post(LOG_IN, {"credential": credential}, format="json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 401]
    again = anonymous.post(LOG_IN, {"credential": added.get({"challenge": challenge_in(credential)})}, format="json")
    assert again.status_code == 401


def challenge_in(credential) -> str:
    return json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))["challenge"]


def test_expired_challenge_is_refused(anonymous, added, monkeypatch):
    options = request_options(anonymous)
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 301)
    answer = anonymous.post(LOG_IN, {"credential": added.get(options)}, format="json")
    assert code_of(answer) == (401, "passkey_refused")


def test_challenge_of_a_creation_logs_nobody_in(alice, anonymous, added):
    credential = added.get(creation_options(alice))
    assert anonymous.post(LOG_IN, {"credential": credential}, format="json").status_code == 401


def test_counter_must_rise(anonymous, added):
    added.count = 5
    assert log_in(anonymous, added).status_code == 200
    assert log_in(anonymous, added).status_code == 401
    added.count = 4
    assert log_in(anonymous, added).status_code == 401
    added.count = 6
    assert log_in(anonymous, added).status_code == 200


def test_passkey_without_a_counter_may_be_used_again(anonymous, added):
    assert [log_in(anonymous, added).status_code for _ in range(2)] == [200, 200]


def test_another_key_or_account_is_refused(anonymous, added, bob):
    stranger = Authenticator()
    assert log_in(anonymous, stranger).status_code == 401
    stranger.id = added.id
    assert log_in(anonymous, stranger).status_code == 401
    added.handle = b"x" * 32
    assert log_in(anonymous, added).status_code == 401


def test_suspended_account_is_refused(alice, anonymous, added):
    User.objects.filter(pk=alice.user.pk).update(is_active=False)
    assert code_of(log_in(anonymous, added)) == (401, "passkey_refused")


def test_refused_log_ins_store_nothing(anonymous, added):
    spent = SpentChallenge.objects.count()
    log_in(anonymous, Authenticator())
    assert SpentChallenge.objects.count() == spent


# --- removal ---------------------------------------------------------------------------------------------------------


def test_removed_passkey_logs_nobody_in(alice, anonymous, added, unproven):
    (row,) = alice.get(PATH).json()["results"]
    unproven(alice)
    assert code_of(alice.delete(f"{PATH}/{row['id']}")) == (403, "proof_needed")
    alice.post("/api/auth/proof", {"password": PASSWORD})
    assert alice.delete(f"{PATH}/{row['id']}").status_code == 204
    assert log_in(anonymous, added).status_code == 401


def test_passkeys_are_the_owners_alone(alice, bob, added):
    (row,) = alice.get(PATH).json()["results"]
    assert bob.get(PATH).json() == {"results": []}
    assert bob.delete(f"{PATH}/{row['id']}").status_code == 404
    assert bob.delete(f"{PATH}/x").status_code == 404


def test_security_log_names_passkeys_by_id(alice, anonymous, added, caplog):
    log_in(anonymous, added)
    (row,) = alice.get(PATH).json()["results"]
    alice.delete(f"{PATH}/{row['id']}")
    events = [(record.message, getattr(record, "passkey", None)) for record in caplog.records]
    assert ("login", row["id"]) in events
    assert ("passkey_removed", row["id"]) in events
    text = " ".join(str(vars(record)) for record in caplog.records)
    assert row["credential_id"] not in text
    assert "Phone" not in text


def test_well_known_address_names_the_pages(client):
    answer = client.get("/.well-known/passkey-endpoints")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    assert set(answer.json()) == {"enroll", "manage", "prfUsageDetails"}
    assert all(address.startswith("http://testserver/") for address in answer.json().values())
