"""Files, pictures and voice messages between two people."""

import hashlib
import io
import os
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools.browser.start import WIDE

pytestmark = pytest.mark.once

# A PNG of one colour, made by hand: 300 x 200.
PICTURE = """async () => {
  const canvas = new OffscreenCanvas(600, 400);
  const context = canvas.getContext('2d');
  const gradient = context.createLinearGradient(0, 0, 600, 400);
  gradient.addColorStop(0, '#2a6f97');
  gradient.addColorStop(1, '#f4a261');
  context.fillStyle = gradient;
  context.fillRect(0, 0, 600, 400);
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
  return Array.from(new Uint8Array(await blob.arrayBuffer()));
}"""
PLACE = b"GPSLatitude 47.07"


def attach(person, *files) -> None:
    """(name, type, bytes)"""
    payloads = [{"name": name, "mimeType": kind, "buffer": data} for name, kind, data in files]
    person.page.get_by_label("Files").set_input_files(payloads)


def send_button(person):
    return person.page.get_by_role("button", name="Send", exact=True)


def saved(person, name: str) -> bytes:
    with person.page.expect_download() as download:
        person.page.get_by_role("button", name=f"Save {name}").click()
    return Path(download.value.path()).read_bytes()


def picture_with_place(person) -> bytes:
    """A JPEG with a comment of a camera."""
    plain = bytes(person.page.evaluate(PICTURE))
    segment = b"\xff\xe1" + (2 + 6 + len(PLACE)).to_bytes(2, "big") + b"Exif\x00\x00" + PLACE
    return plain[:2] + segment + plain[2:]


def test_a_file_arrives_with_its_name_and_its_bytes(talking):
    alice, bob = talking
    data = os.urandom(300_000)
    attach(alice, ("Report for Bob.pdf", "application/pdf", data))
    expect(alice.page.get_by_role("progressbar", name="Uploading Report for Bob.pdf")).to_have_count(1)
    alice.message_box().fill("As promised")
    send_button(alice).click()
    alice.expect_state("Report for Bob.pdf", "Sent", "Delivered", "Read")
    bob.expect_message("As promised")
    expect(bob.message("Report for Bob.pdf")).to_contain_text("As promised")
    assert hashlib.sha256(saved(bob, "Report for Bob.pdf")).digest() == hashlib.sha256(data).digest()
    expect(alice.page.get_by_role("list", name="To be sent").get_by_role("listitem")).to_have_count(0)


def test_a_picture_is_shown_without_its_place_and_opens_in_the_gallery(talking):
    alice, bob = talking
    first = picture_with_place(alice)
    attach(alice, ("beach.jpg", "image/jpeg", first), ("dunes.jpg", "image/jpeg", first))
    tray = alice.page.get_by_role("list", name="To be sent")
    for name in ("beach.jpg", "dunes.jpg"):
        expect(tray.get_by_role("listitem").filter(has_text=name).locator("img")).to_have_js_property("complete", True)
    send_button(alice).click()
    for person in (alice, bob):
        expect(person.page.get_by_role("button", name="Open picture beach.jpg")).to_be_visible()
    shown = bob.page.get_by_role("img", name="beach.jpg")
    bob.page.wait_for_function(
        "() => [...document.querySelectorAll('.file-picture')].every((image) => image.naturalWidth > 300)"
    )
    expect(shown).to_be_visible()
    bob.page.get_by_role("button", name="Open picture beach.jpg").click()
    gallery = bob.page.get_by_role("dialog")
    expect(gallery).to_contain_text("beach.jpg (1 of 2)")
    expect(gallery).to_have_accessible_description(re.compile(r"^alice, \d+:\d\d", re.IGNORECASE))
    bob.page.keyboard.press("ArrowRight")
    expect(gallery).to_contain_text("dunes.jpg (2 of 2)")
    bob.page.set_viewport_size({"width": 320, "height": 640})
    count = gallery.locator(".gallery-count")
    assert count.evaluate(
        "node => node.getBoundingClientRect().right <= node.parentElement.getBoundingClientRect().right"
    )
    bob.page.set_viewport_size(WIDE)
    with bob.page.expect_download() as download:
        gallery.get_by_role("button", name="Save").click()
    received = Path(download.value.path()).read_bytes()
    assert received[:2] == b"\xff\xd8"
    assert PLACE not in received
    bob.page.keyboard.press("Escape")
    expect(gallery).to_be_hidden()
    expect(bob.page.get_by_role("button", name="Open picture beach.jpg")).to_be_focused()


def test_a_page_or_a_drawing_with_script_is_only_saved(talking):
    alice, bob = talking
    page = b"<script>document.title = 'taken'</script>"
    drawing = b"<svg xmlns='http://www.w3.org/2000/svg' onload='document.title=1'/>"
    attach(alice, ("page.html", "text/html", page), ("drawing.svg", "image/svg+xml", drawing))
    send_button(alice).click()
    bob.expect_message("page.html")
    message = bob.message("drawing.svg")
    expect(message.get_by_role("button", name=re.compile("^(Save|Message)"))).to_have_count(3)
    expect(message.locator("img, iframe, object, embed, video, audio")).to_have_count(0)
    assert saved(bob, "drawing.svg") == drawing
    assert "taken" not in bob.page.title()


def test_the_caption_is_sent_once(talking):
    alice, bob = talking
    for name in ("one.txt", "two.txt"):
        attach(alice, (name, "text/plain", b"x"))
        alice.message_box().fill(f"About {name}") if name == "one.txt" else None
        send_button(alice).click()
        bob.expect_message(name)
    bob.expect_message("About one.txt")
    expect(alice.message_box()).to_have_value("")


# Two seconds of a film of one colour, or of a tone, as the browser records them: without their length in the head.
RECORDING = """async (kind) => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [320, 180];
  const context = canvas.getContext('2d');
  const sound = new AudioContext();
  const [tone, out] = [sound.createOscillator(), sound.createMediaStreamDestination()];
  tone.connect(out);
  tone.start();
  const draw = () => {
    context.fillStyle = '#2a6f97';
    context.fillRect(0, 0, 320, 180);
    context.fillStyle = `hsl(${performance.now() / 10} 80% 50%)`;
    context.fillRect(280, 140, 30, 30);
  };
  draw();
  const timer = setInterval(draw, 40);
  const isFilm = kind.startsWith('video');
  const recorder = new MediaRecorder(isFilm ? canvas.captureStream(25) : out.stream, { mimeType: kind });
  const pieces = [];
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
  clearInterval(timer);
  await sound.close();
  return Array.from(new Uint8Array(await new Blob(pieces).arrayBuffer()));
}"""
COLOUR_OF_THE_MIDDLE = """async (image) => {
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  return [...context.getImageData(image.naturalWidth / 2, image.naturalHeight / 2, 1, 1).data.slice(0, 3)];
}"""


def test_a_video_shows_a_frame_and_its_length_before_anything_is_loaded(talking):
    alice, bob = talking
    film = bytes(alice.page.evaluate(RECORDING, "video/webm;codecs=vp8"))
    asked = []
    bob.context.on("request", lambda request: asked.append(request.url) if "/api/files/" in request.url else None)
    attach(alice, ("film.webm", "video/webm", film))
    send_button(alice).click()
    bob.expect_message("film.webm")
    play = bob.page.get_by_role("button", name="Play film.webm")
    expect(play).to_have_text(re.compile(r"^0:0[1-9]$"))
    shown = play.locator("img").evaluate(COLOUR_OF_THE_MIDDLE)
    assert all(abs(is_ - wanted) < 30 for is_, wanted in zip(shown, (0x2A, 0x6F, 0x97), strict=True)), shown
    assert asked == []
    play.click()
    bob.page.wait_for_function("() => document.querySelector('video')?.currentTime > 0")
    expect(play).to_be_hidden()
    assert saved(bob, "film.webm") == film


def test_a_video_that_the_browser_cannot_read_is_sent_without_a_frame(talking):
    alice, bob = talking
    attach(alice, ("broken.webm", "video/webm", b"no film"))
    send_button(alice).click()
    bob.expect_message("broken.webm")
    message = bob.message("broken.webm")
    expect(message.locator("img")).to_have_count(0)
    message.get_by_role("button", name="Play broken.webm").click()
    expect(message).to_contain_text("This browser can't play this file. You can save it.")


def test_a_recorded_sound_has_its_length_and_plays(talking):
    alice, bob = talking
    sound = bytes(alice.page.evaluate(RECORDING, "audio/webm;codecs=opus"))
    attach(alice, ("tone.webm", "audio/webm", sound))
    send_button(alice).click()
    bob.expect_message("tone.webm")
    expect(bob.message("tone.webm")).to_contain_text(re.compile(r"0:0[1-9]"))
    bob.page.get_by_role("button", name="Play tone.webm").click()
    bob.page.wait_for_function("() => document.querySelector('audio')?.currentTime > 0")


# A tone in the place of a microphone.
MICROPHONE = """
navigator.mediaDevices.getUserMedia = async () => {
  const context = new AudioContext();
  const [tone, out] = [context.createOscillator(), context.createMediaStreamDestination()];
  tone.connect(out);
  tone.start();
  return out.stream;
};
"""


def test_a_voice_message_is_recorded_and_played(talking):
    alice, bob = talking
    alice.page.evaluate(MICROPHONE)
    alice.page.get_by_role("button", name="Record a voice message").click()
    expect(alice.page.get_by_role("timer")).to_have_text("0:01")
    alice.page.get_by_role("button", name="Send voice message").click()
    bob.expect_message("Voice message")
    play = bob.page.get_by_role("button", name="Play voice message")
    play.click()
    expect(bob.page.get_by_role("button", name=re.compile("(Pause|Play) voice message"))).to_be_visible()
    speed = bob.page.get_by_role("button", name="Speed 1 times")
    speed.click()
    expect(bob.page.get_by_role("button", name="Speed 1.5 times")).to_be_visible()
    expect(alice.page.get_by_role("button", name="Record a voice message")).to_be_focused()


def test_a_voice_message_can_be_cancelled(talking):
    alice, _ = talking
    alice.page.evaluate(MICROPHONE)
    alice.page.get_by_role("button", name="Record a voice message").click()
    alice.page.get_by_role("button", name="Cancel voice message").click()
    expect(alice.page.get_by_role("timer")).to_have_count(0)
    expect(alice.log().get_by_role("article")).to_have_count(2)


def test_the_page_says_why_it_cannot_record(talking):
    alice, _ = talking
    for error, words in (
        ("NotFoundError", "This device has no microphone."),
        ("NotReadableError", "Another program uses the microphone."),
        ("NotAllowedError", "VibeChat may not use the microphone."),
    ):
        refuse = f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{error}'); }}; 0"
        alice.page.evaluate(refuse)
        alice.page.get_by_role("button", name="Record a voice message").click()
        expect(alice.page.get_by_role("status").filter(has_text=words)).to_be_visible()


GIVE = """(node, { event, kind, text }) => {
  const data = new DataTransfer();
  data.items.add(new File(["a few words"], "notes.txt", { type: "text/plain" }));
  if (text) data.setData("text/plain", text);
  if (text) data.setData("text/rtf", text);
  const init = { bubbles: true, cancelable: true, [event === "paste" ? "clipboardData" : "dataTransfer"]: data };
  return !node.dispatchEvent(new globalThis[kind](event, init));
}"""


def give(node, event: str, text: str = "") -> bool:
    """Pastes or drops a file at a node, with a formatted text if one is given. Returns whether the page takes it."""
    return node.evaluate(
        GIVE, {"event": event, "kind": "ClipboardEvent" if event == "paste" else "DragEvent", "text": text}
    )


def test_a_file_is_pasted_or_dropped(talking):
    alice, bob = talking
    tray = alice.page.get_by_role("list", name="To be sent").get_by_role("listitem")
    assert give(alice.message_box(), "paste")
    expect(tray).to_have_count(1)
    assert give(alice.log(), "dragover")
    assert give(alice.log(), "drop")
    expect(tray).to_have_count(2)
    send_button(alice).click()
    expect(bob.log().get_by_text("notes.txt")).to_have_count(2)


def test_a_copied_text_with_a_picture_of_it_is_pasted_as_text(talking):
    alice, _ = talking
    assert not give(alice.message_box(), "paste", "from an office program")
    expect(alice.page.get_by_role("list", name="To be sent").get_by_role("listitem")).to_have_count(0)


def test_a_file_that_is_dropped_beside_the_chat_does_not_replace_the_page(talking):
    alice, _ = talking
    assert give(alice.chats(), "dragover")
    assert give(alice.chats(), "drop")
    expect(alice.page.get_by_role("list", name="To be sent").get_by_role("listitem")).to_have_count(0)


def test_a_file_can_be_taken_back_before_it_is_sent(talking):
    alice, bob = talking
    attach(alice, ("wrong.txt", "text/plain", b"no"), ("right.txt", "text/plain", b"yes"))
    alice.page.get_by_role("button", name="Cancel wrong.txt").press("Enter")
    expect(alice.message_box()).to_be_focused()
    send_button(alice).click()
    bob.expect_message("right.txt")
    expect(bob.log()).not_to_contain_text("wrong.txt")


def test_an_upload_goes_on_after_a_reload_with_the_same_bytes(talking):
    alice, bob = talking
    data = os.urandom(9_000_000)
    alice.page.route("**/api/files/*/parts/1", lambda route: route.abort())
    attach(alice, ("film.bin", "application/octet-stream", data))
    send_button(alice).click()
    expect(alice.page.get_by_text("Is sent when it is uploaded.")).to_be_visible()
    alice.page.wait_for_function("() => document.querySelector('.tray progress')?.value >= 40")
    with alice.page.expect_request(lambda request: request.url.endswith("/parts/1")):
        pass
    uploaded = []

    def note(request) -> None:
        if request.method == "PUT":
            uploaded.append(request.url[-1])

    alice.context.on("request", note)
    alice.page.unroute("**/api/files/*/parts/1")
    alice.page.reload()
    alice.open_chat(bob)
    bob.expect_message("film.bin")
    alice.context.remove_listener("request", note)
    assert "0" not in uploaded, "the first part was there"
    assert saved(bob, "film.bin") == data


def test_more_files_than_a_message_can_have_are_refused(talking):
    alice, _ = talking
    many = [(f"{number}.txt", "text/plain", b"x") for number in range(21)]
    attach(alice, *many)
    expect(alice.page.get_by_text("A message can have 20 files. Send these first.")).to_be_visible()


def test_a_file_that_is_too_large_is_refused_with_the_limit(talking):
    alice, _ = talking
    alice.page.route(
        "**/api/files",
        lambda route: route.fulfill(status=409, json={"code": "file_too_large", "detail": "", "allowed": 104857600}),
    )
    attach(alice, ("huge.zip", "application/zip", archive()))
    expect(alice.page.get_by_text("This file is too large. On this server a file may have 105 MB.")).to_be_visible()
    alice.message_box().fill("Text alone")
    send_button(alice).click()
    alice.expect_state("Text alone", "Sent", "Delivered", "Read")


def archive() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        opened.writestr("x", "x")
    return made.getvalue()


def test_deleting_for_everyone_takes_the_file_from_the_server(talking):
    alice, bob = talking
    attach(alice, ("secret.txt", "text/plain", b"burn"))
    send_button(alice).click()
    bob.expect_message("secret.txt")
    alice.expect_state("secret.txt", "Delivered", "Read")
    with alice.page.expect_response(re.compile(r"/api/messages/\d+\?for=everyone")) as answer:
        choose(alice, "secret.txt", "Delete for everyone")
    assert answer.value.status == 204
    expect(bob.log()).not_to_contain_text("secret.txt")


def test_a_caption_is_edited_and_the_file_leaves_with_its_message(talking, site):
    alice, bob = talking
    with alice.page.expect_request(lambda request: request.method == "PUT") as put:
        attach(alice, ("minutes.txt", "text/plain", b"agreed"))
    folder = site.servers[0].var_dir / "files" / put.value.url.split("/")[-3]
    alice.message_box().fill("Form Monday")
    send_button(alice).click()
    bob.expect_message("Form Monday")
    alice.expect_state("minutes.txt", "Delivered", "Read")
    choose(alice, "minutes.txt", "Edit")
    expect(alice.message_box()).to_have_value("Form Monday")
    alice.message_box().fill("From Monday")
    alice.message_box().press("Enter")
    for person in (bob, alice):
        expect(person.message("minutes.txt")).to_contain_text("From Monday")
        expect(person.message("minutes.txt")).to_contain_text("edited")
    assert saved(bob, "minutes.txt") == b"agreed"
    choose(alice, "minutes.txt", "Edit")
    expect(alice.message_box()).to_have_value("From Monday")
    alice.message_box().fill("")
    send_button(alice).click()
    expect(bob.message("minutes.txt")).not_to_contain_text("Monday")
    assert folder.is_dir()
    with alice.page.expect_response(re.compile(r"/api/messages/\d+\?for=everyone")):
        choose(alice, "minutes.txt", "Delete for everyone")
    expect(bob.log()).not_to_contain_text("minutes.txt")
    assert not folder.exists()


def choose(person, text: str, choice: str) -> None:
    message = person.message(text)
    message.hover()
    message.get_by_role("button", name="Message options").click()
    person.page.get_by_role("menu").get_by_role("menuitem", name=choice, exact=True).click()
