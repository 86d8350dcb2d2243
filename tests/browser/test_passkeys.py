"""Passkeys with PRF, by Chromium's virtual authenticator: one gesture logs in and opens the messages."""

import pytest
from playwright.sync_api import expect

from tools.browser.ways import confirm_code, kept_code, settings, unlock_dialog, ways

pytestmark = pytest.mark.once

AUTHENTICATOR = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Authenticator:
    def __init__(self, person, has_prf: bool = True):
        self.session = person.context.new_cdp_session(person.page)
        self.session.send("WebAuthn.enable")
        options = {**AUTHENTICATOR, "hasPrf": has_prf}
        self.id = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


@pytest.fixture
def new_holder(new_person, site):
    """A person whose pages have a name: an IP address can have no passkey."""

    def make(name: str, **options):
        address = site.server_of(name).url.replace("127.0.0.1", "localhost")
        return new_person(name, alone=True, address=address, **options)

    return make


def keep_passkey(person) -> str:
    """Keeps a passkey and the code that follows, and returns the code."""
    settings(person).get_by_role("button", name="Keep a way back").click()
    dialog = person.page.get_by_role("dialog", name="Keep a way back in")
    dialog.get_by_role("button", name="Passkey").click()
    expect(person.page.get_by_role("dialog", name="Your recovery code")).to_contain_text("passkey")
    return confirm_code(person)


@pytest.fixture
def holder(new_holder, bob):
    """Alice, who has written to Bob and kept a passkey; then her browser has forgotten all but the passkey."""
    alice = new_holder("alice")
    Authenticator(alice)
    alice.register()
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("an old message")
    keep_passkey(alice)
    expect(ways(alice).get_by_role("listitem")).to_have_count(2)
    settings(alice).get_by_role("button", name="Close").click()
    alice.log_out(forget=True)
    return alice


def test_a_passkey_logs_in_and_opens_the_messages_in_one_gesture(holder, bob):
    holder.page.get_by_role("button", name="Log in with a passkey").click()
    holder.expect_chat_page()
    holder.open_chat(bob)
    holder.expect_message("an old message")
    expect(unlock_dialog(holder)).to_be_hidden()


def test_the_field_for_the_email_offers_passkeys(new_holder):
    alice = new_holder("alice")
    Authenticator(alice)
    alice.page.add_init_script("""
        PublicKeyCredential.isConditionalMediationAvailable = async () => true;
        navigator.credentials.get = async ({ mediation }) => {
            globalThis.mediation = mediation;
            return new Promise(() => {});
        };
    """)
    alice.visit_in_vain("/login")
    email = alice.page.get_by_label("Email")
    assert "webauthn" in (email.get_attribute("autocomplete") or "")
    email.focus()
    alice.page.wait_for_function("() => globalThis.mediation === 'conditional'")


def test_where_a_passkey_is_impossible_the_dialogs_say_so_and_the_log_in_has_no_button(new_person):
    """The pages of these people have a number for an address, which can have no passkey."""
    impossible = "This browser can't use a passkey here. Choose another way."
    alice = new_person("alice").register()
    settings(alice).get_by_role("button", name="Keep a way back").click()
    keep = alice.page.get_by_role("dialog", name="Keep a way back in")
    keep.get_by_role("button", name="Passkey", exact=True).click()
    expect(keep).to_contain_text(impossible)
    keep.get_by_role("button", name="Recovery code", exact=True).click()
    kept_code(alice)
    other = new_person("other", account=alice)
    other.visit_in_vain("/login")
    expect(other.page.get_by_role("button", name="Log in", exact=True)).to_be_enabled()
    expect(other.page.get_by_role("button", name="Log in with a passkey")).to_be_hidden()
    other.send_credentials()
    unlock_dialog(other).get_by_role("button", name="Passkey", exact=True).click()
    expect(unlock_dialog(other)).to_contain_text(impossible)


def test_the_server_sees_nothing_that_the_passkey_derives(new_holder):
    alice = new_holder("alice")
    Authenticator(alice)
    alice.register()
    sent = []
    alice.page.on("request", lambda request: sent.append((request.method, request.url, request.post_data or "")))
    keep_passkey(alice)
    bodies = [body for method, url, body in sent if method == "POST" and url.endswith("/api/passkeys")]
    assert bodies
    assert all('"clientExtensionResults":{}' in body and '"results"' not in body for body in bodies)


NOTE_SIGNALS = """() => {
    globalThis.signals = [];
    for (const name of ["signalUnknownCredential", "signalAllAcceptedCredentials"]) {
        PublicKeyCredential[name] = async (told) => void signals.push([name, told]);
    }
}"""


def test_a_passkey_without_prf_logs_in_only_says_so_and_can_be_removed(new_holder):
    alice = new_holder("alice")
    Authenticator(alice, has_prf=False)
    alice.register()
    settings(alice).get_by_role("button", name="Keep a way back").click()
    alice.page.get_by_role("dialog").get_by_role("button", name="Passkey").click()
    expect(alice.page.get_by_text("it can't open your messages")).to_be_visible()
    confirm_code(alice)
    expect(ways(alice).get_by_role("listitem")).to_have_count(2)
    settings(alice).get_by_role("button", name="Close").click()
    settings(alice)
    passkey = ways(alice).get_by_role("listitem").filter(has_text="Logs in only")
    expect(passkey).to_contain_text("Passkey")
    alice.page.evaluate(NOTE_SIGNALS)
    passkey.get_by_role("button", name="Remove").click()
    dialog = alice.page.get_by_role("dialog", name="Remove this passkey?")
    expect(dialog).to_contain_text("It no longer logs you in.")
    dialog.get_by_role("button", name="Remove").click()
    expect(ways(alice).get_by_role("listitem")).to_have_count(1)
    alice.page.wait_for_function("() => signals.length === 2")
    [unknown, accepted] = alice.page.evaluate("signals")
    assert unknown[1]["rpId"] == accepted[1]["rpId"] == "localhost"
    assert accepted[1]["allAcceptedCredentialIds"] == []
    assert len(unknown[1]["credentialId"]) > 20
    assert len(accepted[1]["userId"]) == 43
    settings(alice).get_by_role("button", name="Close").click()
    alice.log_out(forget=False)
    alice.page.get_by_role("button", name="Log in with a passkey").click()
    expect(alice.page.get_by_text("It may have been removed")).to_be_visible()


def test_a_reset_removes_the_passkeys_if_asked_to(holder, site):
    holder.page.goto(site.server_of("alice").reset_link(holder.email).replace("127.0.0.1", "localhost"))
    holder.page.get_by_label("New password").fill("another correct horse")
    holder.page.get_by_label("Remove my passkeys, too").check()
    holder.page.get_by_role("button", name="Set password").click()
    holder.page.get_by_role("link", name="Log in").first.click()
    holder.page.get_by_role("button", name="Log in with a passkey").click()
    expect(holder.page.get_by_text("It may have been removed")).to_be_visible()
