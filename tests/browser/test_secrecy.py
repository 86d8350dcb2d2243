"""The servers never see what people write: not in what is sent to them, what they keep, nor what they log."""

import base64
import secrets
import time

import httpx
import pytest

from messaging.zero_knowledge.encodings import find


def new_mark() -> str:
    """Nothing else holds it, and none of its letters need an escape."""
    return f"canary {secrets.token_hex(8)}"


def canary(word: str) -> str:
    return f"{word} {new_mark()} läuft"


@pytest.mark.sqlite_too
def test_no_server_sees_a_plaintext(new_person, new_line, site):
    lines = {name: new_line(name) for name in ("alice", "bob")}
    alice, bob = (new_person(name, line=lines[name]).register_by_hand() for name in lines)
    mark = new_mark()  # one for all texts, because each search unpacks all traffic
    texts = [f"{word} {mark} läuft" for word in ("hers", "his", "typed offline", "draft")]
    alice.add(bob)
    alice.open_chat(bob)
    alice.send(texts[0])
    bob.open_chat(alice)
    bob.send(texts[1])
    alice.expect_message(texts[1])
    lines["alice"].cut()
    alice.type_and_send(texts[2])
    lines["alice"].mend()
    alice.expect_state(texts[2], "Sent", "Delivered", "Read")
    alice.message_box().fill(texts[3])
    alice.page.reload()
    alice.open_chat(bob)
    alice.expect_message(texts[1])
    traffic, kept = b"\0".join(line.traffic() for line in lines.values()), site.kept()
    assert alice.email.encode() in traffic, "the traffic was not recorded"
    assert alice.email.encode() in kept, "the database was not searched"
    assert b'"send_message"' in traffic, "the WebSocket was not recorded"
    assert find(mark, traffic) + find(mark, kept) == []
    assert find(alice.password, kept) == []


@pytest.mark.sqlite_too
def test_the_search_would_find_a_leak(alice, bob, new_line, site):
    """What a leaking client would send, sent on purpose through the same line."""
    line, texts = new_line("alice"), {door: canary(door) for door in ("posted", "pushed")}
    tokens = httpx.post(f"{line.url}/api/auth/login", json={"email": alice.email, "password": alice.password}).json()
    sent = httpx.post(
        f"{line.url}/api/messages/send",
        headers={"Authorization": f"Bearer {tokens['access']}"},
        json={
            "recipient_email": bob.email,
            "ciphertext": base64_of(texts["posted"].encode()),
            "nonce": base64_of(b"n" * 12),
            "salt": base64_of(b"s" * 16),
        },
    )
    assert sent.status_code == 201, sent.text
    alice.url = line.url
    alice.visit("/")
    alice.page.evaluate(
        """(text) => new Promise((resolve) => {
            const socket = new WebSocket(`ws://${location.host}/ws/chat/`);
            socket.onopen = () => socket.send(JSON.stringify({ type: "send_message", ciphertext: text }));
            socket.onclose = resolve;
        })""",
        texts["pushed"],
    )
    assert find(texts["posted"], line.traffic())
    assert find(texts["posted"], site.kept())
    assert find(texts["pushed"], line.traffic())


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@pytest.mark.once
def test_the_browser_keeps_its_history_encrypted(new_resident, bob):
    alice, text, control = new_resident("alice").register(), canary("kept"), canary("control")
    alice.add(bob)
    alice.open_chat(bob)
    alice.send(text)
    alice.message_box().fill(text)
    alice.page.evaluate(
        """(text) => new Promise((resolve) => {
            const request = indexedDB.open("control", 1);
            request.onupgradeneeded = () => request.result.createObjectStore("texts");
            request.onsuccess = () => {
                const change = request.result.transaction("texts", "readwrite", { durability: "strict" });
                change.objectStore("texts").put(text, 1);
                change.oncomplete = resolve;
            };
        })""",
        control,
    )
    time.sleep(1)  # a draft is stored a moment after the last key
    alice.context.close()
    kept = b"\0".join(path.read_bytes() for path in alice.profile.rglob("*") if path.is_file())
    assert find(control, kept), "the profile was not searched"
    assert find(text, kept) == []
