import pytest
from django.core.cache import caches

from conftest import PASSWORD
from vibechat.core import limits
from vibechat.core.limits import LocalBucket, LocalBuckets, SendBucket, address_group, limit

LOGIN = "/api/auth/login"


@pytest.fixture(autouse=True)
def _limits_are_on(settings, _no_limits):
    settings.RATELIMIT_ENABLE = True
    settings.RATE_LIMITS = {group: dict.fromkeys(rates, "1000/h") for group, rates in settings.RATE_LIMITS.items()}
    forget_counts(settings)


def forget_counts(settings):
    caches["ratelimit"].clear()
    if settings.REDIS_URL:
        limits.redis_client(settings.REDIS_URL).flushdb()  # the Redis of this test run


def log_in(client, email="nobody@example.org", address="192.0.2.1"):
    body = {"email": email, "password": "wrong password"}
    return client.post(LOGIN, body, format="json", REMOTE_ADDR=address)


def statuses(calls):
    return [call.status_code for call in calls]


# --- fixed windows ---------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_it_works(settings, anonymous):
    settings.RATE_LIMITS["login"]["address"] = "2/h"
    assert statuses(log_in(anonymous) for _ in range(3)) == [401, 401, 429]


@pytest.mark.django_db
def test_refusal_has_retry_after(settings, anonymous):
    settings.RATE_LIMITS["login"]["address"] = "1/h"
    refused = [log_in(anonymous), log_in(anonymous)][1]
    assert refused.json()["code"] == "rate_limited"
    assert 1 <= int(refused["Retry-After"]) <= 3600


@pytest.mark.django_db
def test_addresses_are_counted_separately(settings, anonymous):
    settings.RATE_LIMITS["login"]["address"] = "1/h"
    assert statuses(log_in(anonymous, address=f"192.0.2.{n}") for n in range(3)) == [401] * 3


@pytest.mark.django_db
def test_ipv6_network_is_counted_as_one_address(settings, anonymous):
    settings.RATE_LIMITS["login"]["address"] = "1/h"
    first, second = (log_in(anonymous, address=f"2001:db8::{n}") for n in (1, 2))
    assert (first.status_code, second.status_code) == (401, 429)


@pytest.mark.django_db
def test_attempts_on_an_account_are_counted_across_addresses(settings, anonymous):
    settings.RATE_LIMITS["login"]["email"] = "2/h"
    spellings = ["alice@example.org", " ALICE@example.org ", "ａlice@example.org"]
    tried = [log_in(anonymous, email, f"192.0.2.{n}") for n, email in enumerate(spellings)]
    assert statuses(tried) == [401, 401, 429]


@pytest.mark.django_db
@pytest.mark.parametrize("body", [[], "alice", {"email": 7}, {"email": None}, {}])
def test_body_without_an_email_is_400(anonymous, body):
    assert anonymous.post(LOGIN, body, format="json").status_code == 400


@pytest.mark.parametrize(
    ("group", "method", "path", "body"),
    [
        ("register", "post", "/api/auth/register", {}),
        ("refresh", "post", "/api/auth/refresh", {}),
        ("reset_link", "post", "/api/auth/reset", {}),
        ("reset_password", "post", "/api/auth/reset/password", {}),
        ("key_lookup", "get", "/api/keys/email/nobody@example.org", None),
        ("key_challenge", "post", "/api/keys/challenge", {}),
        ("key_upload", "post", "/api/keys/upload", {}),
        ("contact_add", "post", "/api/contacts/add", {}),
        ("contact_add", "post", "/api/blocks/add", {}),
        ("file_create", "post", "/api/files", {}),
        ("file_part", "put", f"/api/files/{'0' * 32}/parts/0", {}),
        ("file_read", "get", f"/api/files/{'0' * 32}", None),
        ("push", "post", "/api/push", {}),
        ("push", "post", "/api/push/test", {}),
        ("report", "post", "/api/reports", {}),
        ("push_woken", "post", "/api/push/news", {}),
        ("push_woken", "post", "/api/push/moved", {}),
        ("proof", "post", "/api/auth/proof", {"password": "wrong"}),
        ("vault_read", "get", "/api/vault", None),
        ("vault_read", "get", "/api/vault/versions/1", None),
        ("vault_write", "put", "/api/vault", {}),
        ("vault_write", "delete", "/api/vault", None),
        ("browsers_write", "put", "/api/browsers", {}),
        ("browsers_write", "post", "/api/browsers/here", {}),
        ("key_lookup", "get", "/api/browsers/email/nobody@example.org", None),
        ("stream_read", "get", "/api/streams", None),
        ("stream_read", "get", "/api/streams/x/archive", None),
        ("stream_read", "get", "/api/streams/x/archive/1", None),
        ("stream_write", "put", "/api/streams/x/archive/1", {}),
        ("invitation", "post", "/api/invitations", {}),
        ("invitation_guess", "get", f"/api/invitations/{'0' * 32}", None),
        ("passkeys", "post", "/api/passkeys/options", {}),
        ("passkeys", "post", "/api/passkeys", {}),
        ("passkeys", "delete", "/api/passkeys/1", None),
        ("passkey_options", "post", "/api/auth/passkey/options", {}),
        ("passkey_login", "post", "/api/auth/passkey", {}),
        ("confirm", "delete", "/api/auth/me", {"password": "wrong"}),
        ("confirm", "post", "/api/auth/password", {"current_password": "wrong", "new_password": "x"}),
    ],
)
def test_every_limited_endpoint_refuses(settings, alice, group, method, path, body):
    settings.RATE_LIMITS[group] = dict.fromkeys(settings.RATE_LIMITS[group], "1/h")
    first, second = (getattr(alice, method)(path, *([] if body is None else [body])) for _ in range(2))
    assert (first.status_code != 429, second.status_code) == (True, 429)


def test_accounts_are_counted_separately(settings, alice, bob):
    settings.RATE_LIMITS["key_lookup"]["account"] = "1/h"
    looked_up = [person.get("/api/keys/email/nobody@example.org") for person in (alice, bob, alice)]
    assert statuses(looked_up) == [404, 404, 429]


def test_stranger_gets_401_before_any_limit(settings, anonymous, db):
    settings.RATE_LIMITS["key_lookup"]["account"] = "0/h"
    assert anonymous.get("/api/keys/email/nobody@example.org").status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("by", ["address", "email"])
def test_admin_login_is_limited(settings, client, collected_static, by):
    settings.RATE_LIMITS["admin_login"][by] = "1/h"
    form = {"username": "admin@example.org", "password": "wrong"}
    first, second = (client.post("/admin/login/", form) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 429)
    assert int(second["Retry-After"]) > 0


@pytest.mark.django_db
def test_limit_is_one_security_event_per_window(settings, anonymous, caplog):
    settings.RATE_LIMITS["login"]["address"] = "1/h"
    for _ in range(4):
        log_in(anonymous, address="203.0.113.7")
    (event,) = [record for record in caplog.records if record.getMessage() == "rate_limited"]
    assert (event.group, event.by, event.address) == ("login", "address", "203.0.113.7")


@pytest.mark.django_db
def test_setting_disables_all_limits(settings, anonymous):
    settings.RATELIMIT_ENABLE = False
    settings.RATE_LIMITS["login"]["address"] = "1/h"
    assert statuses(log_in(anonymous) for _ in range(3)) == [401] * 3


def test_successful_log_ins_count(settings, alice, anonymous):
    settings.RATE_LIMITS["login"]["address"] = "1/h"
    body = {"email": alice.email, "password": PASSWORD}
    assert statuses(anonymous.post(LOGIN, body, format="json") for _ in range(2)) == [200, 429]


@pytest.mark.once
@pytest.mark.parametrize(("group", "by"), [("nothing", "address"), ("login", "moon")])
def test_limit_without_a_rate_is_refused_at_import(group, by):
    with pytest.raises(KeyError):
        limit(group, by=by)


@pytest.mark.once
@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("", "unknown"),
        (None, "unknown"),
        ("no address", "unknown"),
    ],
)
def test_address_is_reduced_to_the_network_of_a_customer(address, group):
    assert address_group(address) == group


# --- token buckets ---------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(limits.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.once
def test_bucket_allows_its_burst_and_then_its_rate(clock):
    bucket = LocalBucket(rate=2, burst=3)
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]
    clock[0] += 0.5
    assert [bucket.take(), bucket.take()] == [True, False]


@pytest.mark.once
def test_bucket_never_holds_more_than_its_burst(clock):
    bucket = LocalBucket(rate=2, burst=3)
    clock[0] += 3600
    assert [bucket.take() for _ in range(4)] == [True, True, True, False]


@pytest.mark.once
def test_tokens_are_taken_from_both_buckets_or_none(clock):
    buckets, wanted = LocalBuckets(), {"account": (1, 1), "address": (1, 5)}
    assert buckets.take_all(wanted) == 0
    assert buckets.take_all(wanted) == 1
    assert buckets.buckets["address"].level == 4


@pytest.mark.once
def test_full_buckets_are_deleted(clock, monkeypatch):
    monkeypatch.setattr(LocalBuckets, "MOST", 2)
    buckets = LocalBuckets()
    for name in ("alice", "bob"):
        buckets.take_all({name: (1, 2)})
    clock[0] += 1.5
    buckets.take_all({"alice": (1, 2)})
    assert set(buckets.buckets) == {"alice"}


def taken(bucket, times, user=1, address="192.0.2.1"):
    return [bucket.take(user, address) for _ in range(times)]


@pytest.fixture
def buckets(settings, backend):
    """Sizes that no clock can refill during a test, on Redis where the tests run on it."""
    settings.SEND_LIMITS = {"account": (0.001, 3), "address": (0.001, 5)}
    assert bool(settings.REDIS_URL) is (backend == "services")
    return SendBucket()


def test_sends_of_an_account_are_limited(buckets):
    *first, fourth = taken(buckets, 4)
    assert first == [0, 0, 0]
    assert 900 <= fourth <= 1000


def test_sends_of_an_address_are_limited(buckets):
    counts = [sum(wait == 0 for wait in taken(buckets, 3, user)) for user in (1, 2, 3)]
    assert counts == [3, 2, 0]


async def test_event_loops_and_threads_share_a_bucket(buckets):
    waits = [await buckets.take_async(1, "192.0.2.1"), buckets.take(1, "192.0.2.1")]
    waits += [await buckets.take_async(1, "192.0.2.1") for _ in range(2)]
    assert [wait > 0 for wait in waits] == [False, False, False, True]


def test_refused_send_takes_no_token(buckets):
    taken(buckets, 10, user=1)
    assert taken(buckets, 2, user=2) == [0, 0]


def test_refused_send_is_a_security_event(buckets, caplog):
    taken(buckets, 4)
    event = next(record for record in caplog.records if record.getMessage() == "rate_limited")
    assert (event.group, event.user, event.address) == ("send", 1, "192.0.2.1")


def test_setting_disables_the_limit_on_sends(buckets, settings):
    settings.RATELIMIT_ENABLE = False
    assert taken(buckets, 20) == [0] * 20
