"""Sounds and videos play while they are loaded, by the service worker; without one, once they are here."""

import re
import struct

import pytest
from playwright.sync_api import expect

from tests.browser.test_files import attach, send_button

pytestmark = [pytest.mark.once, pytest.mark.timeout(120)]

PART_BYTES = 4 * 1024 * 1024
SECOND_BYTES = 4 * 48_000  # 48 kHz, 16 bits, stereo
IS_CONTROLLED = "() => navigator.serviceWorker.controller !== null"
IS_PLAYING = (
    "() => { const { currentTime, paused } = document.querySelector('audio'); return !paused && currentTime > 0.2; }"
)
SEEK = """(seconds) => new Promise((resolve, reject) => {
  const audio = document.querySelector('audio');
  audio.onseeked = () => resolve(audio.currentTime);
  audio.onerror = () => reject(audio.error.message);
  audio.currentTime = seconds;
})"""
# Of which a page that has no worker believes that it has one: as one of an older release, which knows nothing of this.
CLAIM_A_WORKER = (
    "Object.defineProperty(ServiceWorkerContainer.prototype, 'controller', { get: () => ({ postMessage() {} }) })"
)


def wav(seconds: int) -> bytes:
    tone = struct.pack("<400h", *(round(3000 * ((step % 100) / 50 - 1)) for step in range(200) for _ in range(2)))
    data = tone * (seconds * SECOND_BYTES // len(tone))
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 2, 48_000, SECOND_BYTES, 4, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", 36 + len(data), b"WAVE") + form + struct.pack("<4sI", b"data", len(data)) + data
    )


class Asked:
    """Which parts of files this person's page gets; None for a whole file."""

    def __init__(self, person):
        self.parts = []
        person.context.on("request", self.note)

    def note(self, request):
        if re.search(r"/api/files/[0-9a-f]{32}$", request.url) and request.method == "GET":
            found = re.fullmatch(r"bytes=(\d+)-\d+", request.headers.get("range", ""))
            self.parts.append(int(found[1]) // PART_BYTES if found else None)


@pytest.fixture
def talk(new_person):
    """Alice sends Bob a sound; Bob's browser is made with these options."""

    def send(seconds: int, script: str = "", **options):
        alice, bob = new_person("alice").register(), new_person("bob", **options)
        if script:
            bob.context.add_init_script(script)
        bob.register()
        alice.add(bob)
        bob.add(alice)
        alice.open_chat(bob)
        attach(alice, ("concert.wav", "audio/wav", wav(seconds)))
        send_button(alice).click()
        bob.open_chat(alice)
        bob.expect_message("concert.wav")
        return bob, Asked(bob)

    return send


def play(person) -> None:
    person.page.get_by_role("button", name="Play concert.wav").click()
    person.page.wait_for_function("() => document.querySelector('audio') !== null")
    person.page.wait_for_function(IS_PLAYING)


def test_a_sound_plays_before_it_is_loaded_and_from_the_middle(talk):
    bob, asked = talk(80, service_workers="allow")
    bob.page.wait_for_function(IS_CONTROLLED)
    play(bob)
    player = bob.log().get_by_label("concert.wav", exact=True)
    assert abs(player.evaluate("audio => audio.duration") - 80) < 1
    expect(player).to_be_focused()
    assert asked.parts[0] == 0
    assert 2 not in asked.parts
    middle = 70
    assert abs(bob.page.evaluate(SEEK, middle) - middle) < 0.5
    bob.page.wait_for_function(IS_PLAYING)
    assert {0, middle * SECOND_BYTES // PART_BYTES} <= set(asked.parts) <= {0, 1, 3}
    assert len(asked.parts) == len(set(asked.parts))


def test_what_is_played_answers_to_nothing_but_its_player(talk):
    bob, _ = talk(25, service_workers="allow")
    bob.page.wait_for_function(IS_CONTROLLED)
    play(bob)
    address = bob.page.evaluate("new URL(document.querySelector('audio').src).pathname")
    assert re.fullmatch("/files/play/[0-9a-f]{32}", address)
    assert bob.page.evaluate("address => fetch(address).then(({ status }) => status)", address) == 404
    other = bob.new_tab()
    play_here = """(address) => new Promise((resolve) => {
      const audio = document.createElement("audio");
      audio.onerror = () => resolve("refused");
      audio.onloadedmetadata = () => resolve("played");
      audio.src = address;
    })"""
    other.visit(bob.page.url.removeprefix(bob.url))
    play(other)
    assert other.page.evaluate(play_here, address) == "refused", "another tab's page has not opened it"
    assert bob.page.evaluate(play_here, address) == "played"
    other.visit(address)
    expect(other.page.locator("audio, video")).to_have_count(0)


@pytest.mark.parametrize("script", ["", CLAIM_A_WORKER])
def test_without_a_worker_that_knows_it_a_sound_is_loaded_first(talk, script):
    bob, asked = talk(25, script=script, alone=True)
    play(bob)
    assert asked.parts == [None]
    assert bob.page.evaluate("document.querySelector('audio').src").startswith("blob:")


def test_what_the_browser_cannot_play_is_said(talking):
    alice, bob = talking
    attach(alice, ("noise.webm", "video/webm", b"no video" * 100))
    send_button(alice).click()
    bob.page.get_by_role("button", name="Play noise.webm").click()
    line = bob.message("noise.webm")
    expect(line).to_contain_text("This browser can't play this file. You can save it.")
    expect(line.get_by_role("button", name="Play noise.webm")).to_be_visible()
