"""Two people compare numbers: by eye, by picture, by camera; and what is said when that no longer holds."""

import base64
import re

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.pool import Pool
from tests.browser.shared import maker_of_people

pytestmark = pytest.mark.once

CODE_OF_CANVAS = """async () => {
  const canvas = document.querySelector("#numbers-code");
  const { decodeQR } = await import("qr/decode.js");
  return decodeQR(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height));
}"""
PICTURE_OF_CODE = """async (code) => {
  const { encodeQR } = await import("qr");
  const rows = encodeQR(code, "raw", { ecc: "low", border: 4 });
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = rows.length * 6;
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#000";
  rows.forEach((row, y) => row.forEach((dark, x) => dark && context.fillRect(x * 6, y * 6, 6, 6)));
  return canvas.toDataURL().split(",")[1];
}"""
MODULES = "async (code) => (await import('qr')).encodeQR(code, 'raw', { ecc: 'low', border: 4 })"
MATCH = "The numbers match."
MISMATCH = "The numbers do not match. Somebody may be in between: do not write anything private here"


@pytest.fixture(autouse=True)
def _with_library(settings):
    if not settings.VENDOR_DIR.is_dir():
        pytest.skip("deploy/vendor.py has fetched no QR library")


def details(person):
    return person.page.get_by_role("dialog", name=re.compile("^(Alice|Bob|Carol)$"))


def open_details(person):
    person.page.get_by_role("button", name="Chat details").click()
    expect(details(person)).to_be_visible()
    return details(person)


def numbers_dialog(person):
    return person.page.get_by_role("dialog", name=re.compile("^Compare numbers with"))


def open_numbers(person):
    open_details(person).get_by_role("button", name="Compare numbers").click()
    expect(numbers_dialog(person)).to_be_visible()
    return numbers_dialog(person)


def digits(person) -> list[str]:
    return person.page.locator("#numbers-groups [aria-hidden]").all_text_contents()


def show_picture(person, code: str) -> None:
    picture = base64.b64decode(person.page.evaluate(PICTURE_OF_CODE, code))
    show_file(person, picture)


def show_file(person, content: bytes) -> None:
    file = {"name": "code.png", "mimeType": "image/png", "buffer": content}
    person.page.locator("#numbers-picture").set_input_files(file)


def close_all(person) -> None:
    for dialog in (numbers_dialog(person), details(person)):
        person.page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()


@pytest.fixture
def pair(friends):
    """Each has written to the other, and has the chat open."""
    alice, bob = friends
    alice.send("Hello Bob")
    bob.open_chat(alice)
    bob.expect_message("Hello Bob")
    return alice, bob


@pytest.fixture
def one_side(chat):
    """Alice has written to Bob, who has no browser."""
    alice, bob = chat
    alice.send("Hello Bob")
    return alice, bob


# --- by eye ----------------------------------------------------------------------------------------------------------


def test_by_eye_and_it_is_remembered(pair):
    alice, bob = pair
    expect(open_details(alice)).to_contain_text("No one has compared numbers with Bob yet.")
    alice.page.keyboard.press("Escape")
    dialog = open_numbers(alice)
    open_numbers(bob)
    assert digits(alice) == digits(bob)
    assert [len(group) for group in digits(alice)] == [5] * 12
    expect(dialog).to_contain_text("Call Bob or meet them, and read these numbers to each other.")
    dialog.get_by_role("button", name="They match").click()
    expect(dialog.get_by_role("status")).to_contain_text(MATCH)
    alice.page.keyboard.press("Escape")
    expect(details(alice)).to_contain_text("You compared numbers on")
    alice.page.reload()
    expect(open_details(alice)).to_contain_text("You compared numbers on")
    expect(details(bob)).to_contain_text("No one has compared numbers with Alice yet.")


def test_numbers_that_do_not_match_say_what_to_do(one_side):
    alice, _ = one_side
    dialog = open_numbers(alice)
    dialog.get_by_role("button", name="They don't match").click()
    expect(dialog.get_by_role("status")).to_contain_text(MISMATCH)
    expect(dialog.get_by_role("status")).to_contain_text("ask Bob in person.")
    alice.page.keyboard.press("Escape")
    expect(details(alice)).to_contain_text("and they did not match. Ask Bob in person.")


def test_changed_keys_lose_it_loudly(pair, new_person):
    alice, bob = pair
    dialog = open_numbers(alice)
    before = digits(alice)
    dialog.get_by_role("button", name="They match").click()
    expect(dialog.get_by_role("status")).to_contain_text(MATCH)
    close_all(alice)
    second = new_person("bob", account=bob)
    second.log_in()
    second.take_over()
    alice.type_and_send("not before I have decided")
    alice.expect_state("not before I have decided", "keys changed")
    expect(alice.log()).to_contain_text("Bob's keys changed. You had compared the old numbers.")
    alice.page.get_by_role("button", name="Review").first.click()
    review = alice.page.get_by_role("dialog", name="Bob's keys changed")
    expect(review).to_contain_text("You had compared numbers. That no longer holds")
    second.open_chat(alice)
    expect(second.message("not before I have decided")).to_have_count(0)
    review.get_by_role("button", name=re.compile("^It's really .*: go on$")).click()
    alice.expect_state("not before I have decided", "Sent", "Delivered", "Read")
    second.expect_message("not before I have decided")
    expect(open_details(alice)).to_contain_text("You had compared numbers; Bob's keys changed since.")
    details(alice).get_by_role("button", name="Compare numbers").click()
    expect(numbers_dialog(alice)).to_be_visible()
    assert digits(alice) != before


def test_whoever_has_no_key_yet_has_no_number(alice, site):
    other = {"email": f"carol-{alice.email}", "password": "correct horse battery", "display_name": "Carol"}
    httpx.post(f"{site.server_of('alice').url}/api/auth/register", json=other).raise_for_status()
    alice.page.get_by_role("button", name="Add contact").click()
    dialog = alice.page.get_by_role("dialog")
    dialog.get_by_label("Email").fill(other["email"])
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(alice.message_box()).to_be_visible()
    dialog = open_numbers(alice)
    expect(dialog).to_contain_text("Carol hasn't opened VibeChat yet. You can compare once they have.")
    expect(dialog.get_by_role("button", name="They match")).to_be_hidden()


def test_after_numbers_that_differ_a_warning_stands_and_sending_asks_once(one_side):
    alice, _ = one_side
    alice.send("before", "Sent", "Delivered", "Read")
    open_numbers(alice).get_by_role("button", name="They don't match").click()
    head = alice.page.get_by_role("status").filter(has_text="The numbers you compared with Bob did not match.")
    expect(head).to_be_visible()
    alice.page.keyboard.press("Escape")
    expect(details(alice)).to_contain_text("The numbers you compared did not match.")
    expect(alice.page.get_by_text("Only you and Bob can read this chat.").locator("visible=true")).to_have_count(0)
    alice.page.reload()
    expect(head).to_be_visible()
    alice.type_and_send("all the same")
    asks = alice.page.get_by_role("dialog", name="Write to Bob all the same?")
    expect(asks.get_by_role("button", name="Don't send")).to_be_focused()
    alice.page.keyboard.press("Enter")
    expect(alice.message_box()).to_have_value("all the same")
    alice.message_box().press("Enter")
    asks.get_by_role("button", name="Send anyway").click()
    alice.expect_state("all the same", "Sent", "Delivered", "Read")
    alice.send("not asked again", "Sent", "Delivered", "Read")
    expect(head).to_be_visible()
    dialog = open_numbers(alice)
    dialog.get_by_role("button", name="They match").click()
    expect(head).to_be_hidden()
    dialog.get_by_role("button", name="Close").click()
    expect(details(alice)).to_contain_text("Only you and Bob can read this chat.")


# --- by code ---------------------------------------------------------------------------------------------------------


def test_a_picture_of_the_other_s_code_is_read(pair):
    alice, bob = pair
    open_numbers(alice), open_numbers(bob)
    show_picture(alice, bob.page.evaluate(CODE_OF_CANVAS))
    expect(numbers_dialog(alice).get_by_role("status")).to_contain_text(MATCH)
    alice.page.keyboard.press("Escape")
    expect(details(alice)).to_contain_text("You compared numbers on")


def test_another_code_of_the_same_two_does_not_match(pair):
    alice, bob = pair
    open_numbers(alice), open_numbers(bob)
    code = bob.page.evaluate(CODE_OF_CANVAS)
    head, raw = code[:11], bytearray(base64.urlsafe_b64decode(code[11:] + "=="))
    raw[-1] ^= 1
    show_picture(alice, head + base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="))
    expect(numbers_dialog(alice).get_by_role("status")).to_contain_text(MISMATCH)
    alice.page.keyboard.press("Escape")
    expect(details(alice)).to_contain_text("and they did not match. Ask Bob in person.")


def test_what_is_no_code_of_theirs_says_so(one_side):
    alice, _ = one_side
    open_numbers(alice)
    said = numbers_dialog(alice).get_by_role("status")
    show_picture(alice, "https://example.org/")
    expect(said).to_have_text("This is not Bob's code.")
    show_file(alice, b"no picture at all")
    expect(said).to_have_text("No code was found in this picture.")


def test_without_a_camera_it_says_so(one_side):
    alice, _ = one_side
    dialog = open_numbers(alice)
    dialog.get_by_role("button", name="Scan with the camera").click()
    expect(dialog.get_by_role("status")).to_contain_text("No camera can be used.")
    expect(dialog.locator("video")).to_be_hidden()


def film(code_modules: list[list[bool]]) -> bytes:
    """What a camera that is held still sees: 640 × 480, grey."""
    width, height = 640, 480
    side = height // len(code_modules)
    left, top = (width - side * len(code_modules)) // 2, (height - side * len(code_modules)) // 2
    grey = bytearray([235]) * (width * height)
    for y, row in enumerate(code_modules):
        for x, dark in enumerate(row):
            for line in range(side if dark else 0):
                start = (top + y * side + line) * width + left + x * side
                grey[start : start + side] = bytes([16]) * side
    frame = b"FRAME\n" + bytes(grey) + bytes([128]) * (width * height // 2)
    return f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * 10


@pytest.fixture
def new_filmed_person(browser_type, whole_launch_options, site, people, tmp_path):
    """Whose camera sees the film; it may be written later."""
    tape = tmp_path / "film.y4m"
    fake = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={tape}"]
    browser = browser_type.launch(**{**whole_launch_options, "args": [*whole_launch_options["args"], *fake]})
    make = maker_of_people(Pool(browser), site, people)

    def made(name: str):
        person = make(name, permissions=["camera"])
        person.tape = tape
        return person

    yield made
    browser.close()


def test_the_camera_reads_the_other_s_screen_and_is_off_again(new_filmed_person, bob):
    alice = new_filmed_person("alice").register()
    alice.add(bob)
    alice.open_chat(bob)
    alice.send("Hello Bob")
    bob.open_chat(alice)
    dialog = open_numbers(alice)
    scan = dialog.get_by_role("button", name="Scan with the camera")
    alice.tape.write_bytes(film(alice.page.evaluate(MODULES, "https://example.org/")))
    scan.click()
    expect(dialog.get_by_role("status")).to_have_text("This is not Bob's code.")
    expect(dialog.locator("video")).to_be_visible()
    assert is_filming(alice)
    alice.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(alice.page.locator("#numbers-video[hidden]")).to_have_count(1)
    assert not is_filming(alice)
    open_numbers(bob)
    alice.tape.write_bytes(film(alice.page.evaluate(MODULES, bob.page.evaluate(CODE_OF_CANVAS))))
    details(alice).get_by_role("button", name="Compare numbers").click()
    scan.click()
    expect(dialog.get_by_role("status")).to_contain_text(MATCH)
    expect(alice.page.locator("#numbers-video[hidden]")).to_have_count(1)
    assert not is_filming(alice)


def is_filming(person) -> bool:
    return person.page.evaluate("document.querySelector('#numbers-video').srcObject !== null")


def test_without_the_library_the_numbers_alone_are_there(one_side):
    alice, _ = one_side
    alice.page.reload()
    alice.page.route("**/static/vendor/**", lambda route: route.abort())
    dialog = open_numbers(alice)
    assert len(digits(alice)) == 12
    expect(dialog.get_by_role("button", name="They match")).to_be_visible()
    expect(dialog.get_by_role("img")).to_be_hidden()
    expect(dialog.get_by_role("button", name="Scan with the camera")).to_be_hidden()


# --- keyboard --------------------------------------------------------------------------------------------------------


def test_a_keyboard_alone_suffices(one_side):
    alice, _ = one_side
    keyboard = alice.page.keyboard
    alice.page.get_by_role("button", name="Chat details").focus()
    keyboard.press("Enter")
    compare = details(alice).get_by_role("button", name="Compare numbers")
    expect(details(alice)).to_be_visible()
    for _ in range(5):
        if compare.evaluate("node => node === document.activeElement"):
            break
        keyboard.press("Tab")
    expect(compare).to_be_focused()
    keyboard.press("Enter")
    expect(numbers_dialog(alice).get_by_role("heading")).to_be_focused()
    order = []
    for _ in range(5):
        keyboard.press("Tab")
        order.append(alice.page.evaluate("document.activeElement.textContent.trim()"))
    assert order == ["They match", "They don't match", "Scan with the camera", "Read from a picture", "Close"]
    keyboard.press("Escape")
    expect(compare).to_be_focused()
    keyboard.press("Escape")
    expect(alice.page.get_by_role("button", name="Chat details")).to_be_focused()
