"""The admin pages show accounts and counts, and never the content of messages."""

import base64
import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote, urljoin

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern

from accounts.invites import Invite
from accounts.models import Session, User
from conftest import PASSWORD, Person
from contacts.models import Contact
from files.models import File
from keys.models import PublicKey
from messaging.models import Clearing, Message, SpentClientId
from messaging.reports.report import Report

pytestmark = pytest.mark.usefixtures("collected_static")
CANARIES = {
    "ciphertext": b"canary in the ciphertext <&>\xff\xfe",
    "nonce": b"canarynonce\xff",
    "salt": b"canary in the salt",
}
NEW_PASSWORD = "another horse battery"


@pytest.fixture
def rows(alice, bob, mallory):
    """At least one row in every table."""
    encoded = {name: base64.b64encode(value).decode() for name, value in CANARIES.items()}
    fingerprint = alice.upload_key()
    for person in (bob, mallory):
        alice.post("/api/contacts/add", {"email": person.email})
        message = alice.send(person, **encoded, sender_fingerprint=fingerprint)
        person.post(f"/api/messages/{message['id']}/read")
        File.objects.begin(alice.user, person.user, 1000)
        Report.objects.create(reporter=alice.user, reported_email=person.email, sealed=CANARIES["ciphertext"])
    Invite.objects.issue(timedelta(days=7))
    gone = alice.send(bob)
    for person in (alice, bob):
        person.delete(f"/api/messages/conversation/{alice.email if person is bob else bob.email}")
    assert not Message.objects.filter(pk=gone["id"]).exists()
    assert Clearing.objects.exists()
    assert SpentClientId.objects.exists()
    return Message.objects.get()


def spellings(raw: bytes) -> set[str]:
    """The encodings in which a page could show these bytes."""
    text = base64.b64encode(raw).decode()
    whole = {text, quote(text), quote(text, safe=""), base64.urlsafe_b64encode(raw).decode().rstrip("="), raw.hex()}
    return whole | {text[:12], text.rstrip("="), raw.hex().upper(), raw[:12].decode("latin-1")}


def secrets_in(page: str) -> list[str]:
    found = [name for name, raw in CANARIES.items() for spelling in spellings(raw) if spelling in page]
    hashes = User.objects.values_list("password", flat=True)
    hashes = [*hashes, *Invite.objects.values_list("token_hash", flat=True)]
    pems = PublicKey.objects.values_list("public_key_pem", flat=True)
    found += [f"hash {value[:9]}" for value in hashes if value[:30] in page or value[-12:] in page]
    return found + ["PEM" for value in pems if value.splitlines()[1] in page]


def text_of(response) -> str:
    raw = b"".join(response.streaming_content) if response.streaming else response.content
    headers = " ".join(f"{name}: {value}" for name, value in response.items())
    return unescape(raw.decode()) + raw.decode() + headers


# --- every URL of the admin site --------------------------------------------------------------------------------------


def patterns(urls, prefix=""):
    for url in urls:
        route = prefix + str(url.pattern)
        if isinstance(url, URLPattern):
            yield url, route
        else:
            yield from patterns(url.url_patterns, route)


def addresses() -> set[str]:
    """Each URL pattern with each existing row. A new URL parameter needs a value here."""
    apps = sorted({model._meta.app_label for model in admin.site._registry})
    found = set()
    for _, route in patterns(admin.site.get_urls()):
        model = next((one for one in admin.site._registry if route.startswith(f"{place_of(one)}/")), None)
        ids = [str(row.pk) for row in model.objects.all()] if model else []
        values = {"<path:object_id>": ids or ["1"], "<id>": ids, "<path:content_type_id>": ["1", "999"]}
        values |= {"(?P<url>.*)$": ["nowhere", "nowhere/"]}
        if "(?P<app_label>" in route:
            values = {route: [f"{app}/" for app in apps]}
        found |= filled(route, values)
    assert not [address for address in found if set("<^(") & set(address)], "no example for a parameter"
    return found


def place_of(model) -> str:
    return f"{model._meta.app_label}/{model._meta.model_name}"


def filled(route, values) -> set[str]:
    addresses = {f"/admin/{route}"}
    for name, replacements in values.items():
        if name in route:
            addresses = {address.replace(name, value) for address in addresses for value in replacements}
    return addresses


def with_queries(address: str) -> list[str]:
    """The address with query strings that try to get at more data."""
    begun = base64.b64encode(CANARIES["ciphertext"]).decode()[:8]
    asked = ["", "?_popup=1", "?_to_field=id", "?_to_field=ciphertext"]
    if address not in {f"/admin/{place_of(model)}/" for model in admin.site._registry}:
        return [address + question for question in asked]
    asked += ["?all=", "?o=1.-2", "?e=1", "?p=2", "?p=zero"]
    asked += [f"?q={quote(text)}" for text in (begun, "alice@example.org", "\x00", "9" * 30)]
    asked += [f"?{name}__startswith={quote(begun)}" for name in ("ciphertext", "nonce", "salt", "password")]
    asked += [f"?sent_messages__ciphertext__startswith={begun}", "?is_active__exact=nonsense", "?created_at__gte=x"]
    return [address + question for question in asked]


AUTOCOMPLETES = [
    "/admin/autocomplete/?app_label=messaging&model_name=message&field_name=sender&term=a",
    "/admin/autocomplete/?app_label=contacts&model_name=contact&field_name=contact&term=a",
    "/admin/autocomplete/?app_label=messaging&model_name=mailbox&field_name=user&term=a",
]


def test_no_url_shows_content(pages, rows):
    statuses = {}
    asked = [question for address in sorted(addresses()) for question in with_queries(address)] + AUTOCOMPLETES
    for address in asked:
        response = pages.get(address)
        statuses[address] = response.status_code
        assert secrets_in(text_of(response)) == [], address
        if address.startswith("/admin/logout"):
            pages.force_login(User.objects.get(is_staff=True))
    assert {address for address, status in statuses.items() if status >= 500} == set()
    assert statuses[f"/admin/messaging/message/{rows.pk}/change/"] == 200
    assert statuses["/admin/messaging/message/"] == 200


def test_no_link_shows_content(pages, rows):
    """Follow every link: filters, orders, histories and so on."""
    waiting, seen = ["/admin/"], set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        page = text_of(response := pages.get(address))
        assert response.status_code < 500, address
        assert secrets_in(page) == [], address
        if "?" in address:
            continue  # combinations of orders and filters are unlimited
        links = {urljoin(address, unescape(link)) for link in re.findall(r'<a[^>]* href="([^"]+)"', page)}
        waiting += sorted(link.partition("#")[0] for link in links if link.startswith("/admin/"))
    assert {f"/admin/messaging/message/{rows.pk}/change/", "/admin/accounts/user/", "/admin/keys/publickey/"} <= seen
    assert any("read_at__isempty" in address for address in seen), "filters were not followed"


def test_shown_content_would_be_detected(pages, rows, monkeypatch):
    monkeypatch.setattr(admin.site._registry[Message], "list_display", ["id", "ciphertext", "nonce", "salt"])
    assert set(secrets_in(text_of(pages.get("/admin/messaging/message/")))) == set(CANARIES)
    monkeypatch.setattr(admin.site._registry[User], "list_display", ["password"])
    assert any("hash" in found for found in secrets_in(text_of(pages.get("/admin/accounts/user/"))))


@pytest.mark.parametrize("question", ["ciphertext__startswith=Y2Fu", "salt=x", "sender__password__startswith=b"])
def test_lists_cannot_be_filtered_by_hidden_columns(pages, rows, question):
    """A list that filters by a hidden column reveals it character by character."""
    assert pages.get(f"/admin/messaging/message/?{question}").status_code == 400


def test_content_is_not_fetched_from_the_database(pages, rows, django_assert_num_queries):
    with django_assert_num_queries(1):
        message = admin.site._registry[Message].get_queryset(None).get()
    assert message.get_deferred_fields() == {"ciphertext", "nonce", "salt"}


# --- read-only models ------------------------------------------------------------------------------------------------

READ_ONLY = [model for model in admin.site._registry if model is not User]


def test_no_other_models_have_pages():
    assert set(admin.site._registry) == {User, Session, Invite, PublicKey, Contact, File, Message, Report}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
def test_only_accounts_can_be_added_or_deleted(pages, rows, model, method):
    base = f"/admin/{place_of(model)}"
    row = model.objects.first()
    for address in (f"{base}/add/", f"{base}/{row.pk}/delete/"):
        assert getattr(pages, method)(address, {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
def test_only_accounts_can_be_changed(pages, rows, model):
    base = f"/admin/{place_of(model)}"
    before = list(model.objects.values().order_by("pk"))
    body = {field.name: "1" for field in model._meta.fields} | {"_save": "Save"}
    assert pages.post(f"{base}/{before[0]['id']}/change/", body).status_code == 403
    page = pages.get(f"{base}/{before[0]['id']}/change/").content.decode()
    main = page.partition("<main")[2].partition("</main>")[0]
    assert "submit-row" in main
    assert not re.search(r'<input[^>]* name="(?!csrf|_popup)|<textarea|<select|type="submit"', main)
    chosen = {"action": "delete_selected", "_selected_action": [row["id"] for row in before], "post": "yes"}
    pages.post(f"{base}/", chosen)
    assert list(model.objects.values().order_by("pk")) == before


# --- access ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_operators_have_access(alice, rows, method):
    anonymous, plain, staff = Client(), Client(), Client()
    plain.force_login(alice.user)
    staff.force_login(User.objects.create_user("half@example.org", PASSWORD, is_staff=True))
    bearer = Client(headers={"Authorization": f"Bearer {alice.tokens['access']}"})
    open_to_staff = {"/admin/", "/admin/password_change/", "/admin/password_change/done/"}
    for address in sorted(addresses() - {"/admin/login/", "/admin/logout/", "/admin/jsi18n/"}):
        for client in (anonymous, plain, bearer):
            response = getattr(client, method)(address)
            assert response.status_code == 302, address
            assert response["Location"].startswith("/admin/login/"), address
        response = getattr(staff, method)(address, follow=True)
        assert response.status_code in (403, 404, 405) or address in open_to_staff, address
        assert alice.email not in text_of(response), address


# --- deletion and numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("many", [False, True])
def test_recipients_keep_the_messages_of_a_deleted_account(pages, rows, alice, mallory, many):
    body = {"action": "delete_selected", "_selected_action": [alice.user.pk]} if many else {}
    address = "/admin/accounts/user/" if many else f"/admin/accounts/user/{alice.user.pk}/delete/"
    page = text_of(pages.post(address, body) if many else pages.get(address))
    assert "messages sent: 1, received: 0" in page
    assert "mallory" not in page
    assert secrets_in(page) == []
    assert pages.post(address, {**body, "post": "yes"}).status_code == 302
    assert not User.objects.filter(email=alice.email).exists()
    assert mallory.get("/api/messages/inbox").json()["results"][0]["sender_email"] == alice.email
    assert alice.get("/api/auth/me").status_code == 401


def test_deletion_reads_no_ciphertext(pages, rows, alice):
    with CaptureQueriesContext(connection) as captured:
        pages.post(f"/admin/accounts/user/{alice.user.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=alice.user.pk).exists()
    assert not [query["sql"] for query in captured if "ciphertext" in query["sql"]]


def test_account_list_shows_counts(pages, rows, alice):
    alice.send("bob@example.org")
    alice.post("/api/blocks/add", {"email": "bob@example.org"})
    page = text_of(pages.get("/admin/accounts/user/?q=ALICE@"))
    shown = dict(re.findall(r'<td class="field-(\w+)[^>]*>(.*?)</td>', page))
    assert (shown["contact_count"], shown["sent_count"], shown["received_count"]) == ("2", "2", "0")
    assert (shown["live_sessions"], shown["block_count"]) == ("1", "1")
    assert "bob@example.org" not in page.partition('id="result_list"')[2]


@pytest.mark.parametrize("size", [16, 17, 18, 1000])
def test_message_list_shows_the_size_in_bytes(pages, alice, bob, size):
    alice.send(bob, ciphertext=base64.b64encode(b"x" * size).decode())
    page = text_of(pages.get("/admin/messaging/message/"))
    assert re.search(r'<td class="field-ciphertext_bytes">(.*?)</td>', page)[1] == str(size)


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model.__name__)
def test_number_of_queries_does_not_grow_with_the_rows(pages, alice, django_assert_max_num_queries, model):
    address = f"/admin/{place_of(model)}/"
    counts = []
    for names in (["p0", "p1"], [f"p{number}" for number in range(2, 20)]):
        for person in map(Person, names):
            person.upload_key()
            alice.post("/api/contacts/add", {"email": person.email})
            person.send(alice)
            File.objects.begin(person.user, alice.user, 1000)
            Report.objects.create(reporter=person.user, reported_email=alice.email, sealed=b"")
            Invite.objects.issue(timedelta(days=7))
        with django_assert_max_num_queries(20) as queries:
            page = text_of(pages.get(address))
        assert page.count('class="action-checkbox"') + page.count("<tr><th") >= len(names)
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- large tables ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["1", "-2", "5", "0.5", "x", "99", "", "-", "٣", "1." * 400])
def test_message_list_sorts_by_offered_columns_only(pages, alice, bob, order):
    for _ in range(3):
        alice.send(bob)
    with CaptureQueriesContext(connection) as queries:
        assert pages.get("/admin/messaging/message/", {"o": order}).status_code == 200
    orders = {query["sql"].rpartition("ORDER BY ")[2] for query in queries if 'FROM "messages"' in query["sql"]}
    assert all("created_at" not in order and "email" not in order for order in orders if "LIMIT" in order)


def test_message_list_sorts_by_id(pages, alice, bob):
    first, second = (alice.send(bob)["id"] for _ in range(2))
    text = pages.get("/admin/messaging/message/", {"o": "0"}).content.decode()
    assert text.index(f"message/{first}/change") < text.index(f"message/{second}/change")


@pytest.mark.parametrize("table", ["messaging/message", "accounts/user", "accounts/session"])
def test_queries_that_skip_rows_compute_no_columns(pages, alice, bob, mallory, monkeypatch, table):
    from vibechat.core.admin import OperatorAdmin

    monkeypatch.setattr(OperatorAdmin, "list_per_page", 1)
    for _ in range(3):
        alice.send(bob)
    with CaptureQueriesContext(connection) as queries:
        assert pages.get(f"/admin/{table}/", {"p": "2"}).status_code == 200
    skipping = [query["sql"] for query in queries if "OFFSET" in query["sql"]]
    assert skipping
    for sql in skipping:
        assert "ciphertext" not in sql
        assert sql.count("SELECT") == 1
