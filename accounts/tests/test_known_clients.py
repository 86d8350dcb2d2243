"""The limit by account does not apply to browsers and networks from which the account has logged in."""

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.cache import caches
from django.core.signing import TimestampSigner, b62_encode
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.known_clients import cookie_name
from accounts.models import LoginNetwork, User
from conftest import PASSWORD
from vibechat.core import limits

pytestmark = pytest.mark.django_db
HOME, CAFE, ELSEWHERE = "192.0.2.1", "192.0.2.2", "203.0.113.9"
LOGIN = "/api/auth/login"


@pytest.fixture(autouse=True)
def _limits_are_on(settings, _no_limits):
    settings.RATELIMIT_ENABLE = True
    rates = {group: dict.fromkeys(rates, "1000/h") for group, rates in settings.RATE_LIMITS.items()}
    rates["known_browser"]["cookie"] = "10/h"
    rates["login"]["email"] = rates["admin_login"]["email"] = "3/h"
    settings.RATE_LIMITS = rates
    caches["ratelimit"].clear()
    if settings.REDIS_URL:
        limits.redis_client(settings.REDIS_URL).flushdb()  # the test suite's own Redis


def log_in(client, person, network, password=PASSWORD):
    body = {"email": person.email, "password": password, "refresh_cookie": True}
    return client.post(LOGIN, body, format="json", REMOTE_ADDR=network).status_code


def exhaust_account_limit(person):
    """Exhaust the limit by account with wrong passwords."""
    guesses = [log_in(APIClient(), person, ELSEWHERE, password="wrong") for _ in range(4)]
    assert guesses[-1] == 429


@pytest.fixture
def browser(alice):
    client = APIClient()
    assert log_in(client, alice, HOME) == 200
    return client


def test_known_network_and_known_browser_pass_the_limit_by_account(alice, browser):
    exhaust_account_limit(alice)
    assert log_in(APIClient(), alice, HOME) == 200  # a known network
    assert log_in(browser, alice, CAFE) == 200  # a known browser
    assert log_in(APIClient(), alice, "198.51.100.1") == 429


def test_unknown_client_is_refused_even_with_the_correct_password(alice):
    exhaust_account_limit(alice)
    assert log_in(APIClient(), alice, ELSEWHERE) == 429


def test_cookie_allows_ten_attempts_an_hour(alice, browser):
    exhaust_account_limit(alice)
    attempts = [log_in(browser, alice, f"198.51.100.{n}", password="wrong") for n in range(12)]
    assert attempts == [401] * 10 + [429] * 2


@pytest.mark.parametrize("age_days", [89, 91])
def test_cookie_and_network_are_known_for_ninety_days(alice, age_days):
    browser, then = APIClient(), timezone.now() - timedelta(days=age_days)
    with patch.object(TimestampSigner, "timestamp", lambda self: b62_encode(int(then.timestamp()))):
        log_in(browser, alice, HOME)
    LoginNetwork.objects.update(last_success_at=then)
    exhaust_account_limit(alice)
    allowed = 401 if age_days < 90 else 429
    assert log_in(APIClient(), alice, HOME, password="wrong") == allowed
    assert log_in(browser, alice, CAFE, password="wrong") == allowed


def test_cookie_and_network_are_known_for_one_account_only(alice, bob, browser):
    exhaust_account_limit(bob)
    (name,) = [name for name in browser.cookies if name.startswith("vibechat_known")]
    browser.cookies[cookie_name(bob.user)] = browser.cookies[name].value
    assert log_in(browser, bob, CAFE) == 429
    assert log_in(browser, bob, HOME) == 429  # a network known for alice only


def test_new_password_invalidates_the_cookie(alice, browser):
    user = User.objects.get(pk=alice.user.pk)
    user.set_password("another horse battery")
    user.save()
    exhaust_account_limit(alice)
    assert log_in(browser, alice, CAFE, password="another horse battery") == 429


def test_browser_that_changes_the_password_stays_known(alice, browser):
    body = {"current_password": PASSWORD, "new_password": "another horse battery"}
    token = {"Authorization": f"Bearer {alice.tokens['access']}"}
    assert browser.post("/api/auth/password", body, format="json", headers=token).status_code == 204
    exhaust_account_limit(alice)
    assert log_in(browser, alice, CAFE, password="another horse battery") == 200


def test_browser_can_be_known_for_two_accounts(alice, bob, browser):
    assert log_in(browser, bob, HOME) == 200
    exhaust_account_limit(alice)
    exhaust_account_limit(bob)
    assert [log_in(browser, person, CAFE) for person in (alice, bob)] == [200, 200]


def test_registration_makes_browser_and_network_known():
    client = APIClient()
    body = {"email": "carol@example.org", "password": PASSWORD, "refresh_cookie": True}
    assert client.post("/api/auth/register", body, format="json", REMOTE_ADDR=HOME).status_code == 201
    carol = User.objects.get()
    exhaust_account_limit(carol)
    assert log_in(client, carol, CAFE) == 200
    assert log_in(APIClient(), carol, HOME) == 200


def test_wrong_password_makes_nothing_known(alice):
    client = APIClient()
    log_in(client, alice, CAFE, password="wrong")
    assert not LoginNetwork.objects.exists()
    assert "vibechat_known" not in str(client.cookies)


def test_client_without_refresh_cookie_gets_no_cookie_but_its_network_is_known(alice):
    client = APIClient()
    body = {"email": alice.email, "password": PASSWORD}
    assert not client.post(LOGIN, body, format="json", REMOTE_ADDR=CAFE).cookies
    exhaust_account_limit(alice)
    assert log_in(APIClient(), alice, CAFE) == 200


def test_cookie_is_http_only_and_same_site_strict(browser):
    (cookie,) = [cookie for name, cookie in browser.cookies.items() if name.startswith("vibechat_known")]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Strict", 90 * 86400)


def test_table_holds_no_network_address(alice, browser):
    assert HOME not in str(LoginNetwork.objects.values())


def test_network_is_written_once_a_day(alice, browser, django_assert_num_queries):
    network = LoginNetwork.objects.get().network
    with django_assert_num_queries(1):
        LoginNetwork.objects.remember(alice.user, network)


def test_log_in_deletes_networks_older_than_ninety_days(alice, browser):
    LoginNetwork.objects.update(last_success_at=timezone.now() - timedelta(days=91))
    log_in(browser, alice, CAFE)
    assert LoginNetwork.objects.count() == 1


class TestAdmin:
    @pytest.fixture
    def operator(self, collected_static):
        return User.objects.create_superuser("op@example.org", PASSWORD)

    def log_in(self, client, network, password=PASSWORD):
        form = {"username": "op@example.org", "password": password}
        return client.post("/admin/login/?next=/admin/", form, REMOTE_ADDR=network, HTTP_ACCEPT="text/html")

    def test_known_browser_and_network_pass_the_limit_by_account(self, operator, client):
        assert self.log_in(client, HOME).status_code == 302
        for _ in range(4):
            refused = self.log_in(APIClient(), ELSEWHERE, "wrong")
        assert refused.status_code == 429
        client.post("/admin/logout/")
        assert self.log_in(client, CAFE).status_code == 302
        assert self.log_in(APIClient(), HOME).status_code == 302
        assert self.log_in(APIClient(), CAFE.replace("2.2", "2.3")).status_code == 429

    def test_refusal_is_an_html_page(self, operator, client):
        for _ in range(4):
            refused = self.log_in(client, ELSEWHERE, "wrong")
        assert "text/html" in refused["Content-Type"]
        assert b"Too many tries." in refused.content
        assert b"<main" in refused.content
        assert int(refused["Retry-After"]) > 0
