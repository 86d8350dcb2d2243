"""Writes docs/test_vectors/: `python -m tests.reference.generate_vectors`.

The output is deterministic. tests/reference/test_vectors.py compares it with the committed files.
"""

import json
from pathlib import Path

from tests.reference import invalid_ciphertexts, invalid_contents, invalid_contents2, invalid_envelopes, invalid_tags
from tests.reference.archive import archive_file
from tests.reference.browser_list import browsers_file
from tests.reference.conversation import conversations_file
from tests.reference.files import files_file
from tests.reference.hpke import hpke_file
from tests.reference.identities import identity_file
from tests.reference.invitation import invitations_file
from tests.reference.key_proof import key_proofs_file
from tests.reference.people import people_file
from tests.reference.pictures import pictures_file
from tests.reference.public_keys import public_keys_file
from tests.reference.recovery_code import recovery_codes_file
from tests.reference.reports import reports_file
from tests.reference.safety_numbers import safety_numbers_file
from tests.reference.streams import streams_file
from tests.reference.typing_frames import typing_file
from tests.reference.valid_messages import padding_file, valid_file
from tests.reference.vault import vault_file
from tests.reference.ways import ways_file

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "test_vectors"


def build() -> dict[str, str]:
    """The text of each file by file name."""
    files = {
        "people.json": people_file(),
        "public_keys.json": public_keys_file(),
        "identity.json": identity_file(),
        "key_proofs.json": key_proofs_file(),
        "safety_numbers.json": safety_numbers_file(),
        "padding.json": padding_file(),
        "valid_messages.json": valid_file(),
        "invalid_messages.json": invalid_file(),
        "conversations.json": conversations_file(),
        "pictures.json": pictures_file(),
        "hpke.json": hpke_file(),
        "reports.json": reports_file(),
        "recovery_codes.json": recovery_codes_file(),
        "ways.json": ways_file(),
        "vault.json": vault_file(),
        "browsers.json": browsers_file(),
        "invitations.json": invitations_file(),
        "typing.json": typing_file(),
        "streams.json": streams_file(),
        "archive.json": archive_file(),
        "files.json": files_file(),
    }
    return {name: json.dumps(content, indent=1) + "\n" for name, content in files.items()}


def invalid_file() -> dict:
    groups = (
        invalid_envelopes.wrong_form,
        invalid_envelopes.wrong_names,
        invalid_envelopes.wrong_bytes,
        invalid_envelopes.wrong_people,
        invalid_envelopes.wrong_keys,
        invalid_ciphertexts.changed_on_the_way,
        invalid_ciphertexts.misattributed,
        invalid_ciphertexts.derived_otherwise,
        invalid_ciphertexts.authenticated_otherwise,
        invalid_ciphertexts.forged_own,
        invalid_contents.wrong_padding,
        invalid_contents.wrong_encoding,
        invalid_contents.wrong_json,
        invalid_contents.wrong_members,
        invalid_contents.huge_numbers,
        invalid_contents.missing_members,
        invalid_contents.other_spellings,
        invalid_contents.told_otherwise,
        invalid_contents.wrong_skips,
        invalid_contents.wrong_receipts,
        invalid_contents.misspelled_receipts,
        invalid_contents.receipts_out_of_place,
        invalid_contents2.wrong_values,
        invalid_contents2.wrong_together,
        invalid_contents2.missing_members,
        invalid_contents2.wrong_bodies,
        invalid_contents2.other_spellings,
        invalid_tags.wrong_form,
        invalid_tags.changed_on_the_way,
        invalid_tags.of_another_content,
    )
    return {
        "comment": "Read by the named person in the chat with peer_email, whose accepted key is peer_public_key.",
        "messages": [refusal.entry() for group in groups for refusal in group()],
    }


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in build().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
