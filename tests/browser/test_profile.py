"""The name and the picture that a person tells those whom they write to."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.once

DRAWN = """async () => {
  const canvas = new OffscreenCanvas(900, 300);
  const context = canvas.getContext('2d');
  for (const [index, colour] of ['#b00020', '#2a6f97', '#4c956c'].entries()) {
    context.fillStyle = colour;
    context.fillRect(300 * index, 0, 300, 300);
  }
  const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
  return Array.from(new Uint8Array(await blob.arrayBuffer()));
}"""
PLACE = b"GPSLatitude 47.07"
KEEP_BLOBS = """() => {
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => (globalThis.lastBlob = blob, create.call(URL, blob));
}"""
LAST_BLOB = "async () => Array.from(new Uint8Array(await globalThis.lastBlob.arrayBuffer()))"
MIDDLE = """async (image) => {
  await image.decode();
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const side = image.naturalWidth;
  const at = (x) => [...context.getImageData(x, side / 2, 1, 1).data].slice(0, 3);
  return { size: [image.naturalWidth, image.naturalHeight], left: at(2), right: at(side - 3) };
}"""


def settings(person):
    person.page.get_by_role("button", name="Settings").click()
    return person.page.get_by_role("dialog", name="Settings")


def choose(person, name: str, kind: str, content: bytes):
    dialog = settings(person)
    file = {"name": name, "mimeType": kind, "buffer": content}
    dialog.get_by_label("Picture", exact=True).set_input_files(file)
    return dialog


def photograph(person) -> bytes:
    """A JPEG that names a place."""
    drawn = bytes(person.page.evaluate(DRAWN))
    return drawn[:2] + b"\xff\xe1" + (len(PLACE) + 2).to_bytes(2) + PLACE + drawn[2:]


def row_picture(person, other):
    return person.page.locator(f'.chat-row[data-email="{other.email}"] .avatar-picture')


def close(dialog) -> None:
    dialog.get_by_role("button", name="Close", exact=True).click()


def test_the_middle_of_a_picture_shows_in_the_other_s_list_and_chat_until_it_is_removed(talking):
    alice, bob = talking
    alice.page.evaluate(KEEP_BLOBS)
    dialog = choose(bob, "me.jpg", "image/jpeg", photograph(bob))
    expect(dialog.get_by_text("Your picture is saved.")).to_be_visible()
    expect(dialog.locator("#settings-avatar img")).to_be_visible()
    expect(bob.page.locator("#own-avatar img")).to_be_attached()
    close(dialog)
    for place in (row_picture(alice, bob), alice.page.locator("#thread-avatar img")):
        expect(place).to_be_attached()
        seen = place.evaluate(MIDDLE)
        assert seen["size"] == [256, 256]
        for red, green, blue in (seen["left"], seen["right"]):
            assert blue > 120 > red, "another part than the middle"
            assert green > 80
    sent = bytes(alice.page.evaluate(LAST_BLOB))
    assert (sent[8:12], PLACE in sent) == (b"WEBP", False)
    alice.page.reload()
    expect(row_picture(alice, bob)).to_be_attached()
    dialog = settings(bob)
    dialog.get_by_role("button", name="Remove picture").click()
    expect(dialog.get_by_text("Your picture is removed.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Remove picture")).to_be_hidden()
    close(dialog)
    expect(row_picture(alice, bob)).to_have_count(0)


def test_a_new_name_reaches_the_other_sealed_and_its_change_is_shown(talking):
    alice, bob = talking
    dialog = settings(bob)
    dialog.get_by_label("Display name").fill("Robert")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_text("Saved.")).to_be_visible()
    close(dialog)
    expect(alice.log()).to_contain_text(f"{bob.name} is now called Robert.")
    expect(alice.chats().get_by_role("link", name="Robert")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "kind", "content"),
    [
        ("drawing.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("text.png", "image/png", b"no picture at all"),
    ],
    ids=["SVG", "text"],
)
def test_what_is_no_picture_is_refused_in_settings(talking, name, kind, content):
    alice, _ = talking
    dialog = choose(alice, name, kind, content)
    expect(dialog.get_by_text("This can't be used as a picture.")).to_be_visible()
    expect(dialog.locator("#settings-avatar img")).to_have_count(0)
