"""Recovery codes in plain Python, by trying all symbols, and their vectors: docs/protocol.md §15.2 and §15.3."""

import hashlib
import re
import unicodedata
from itertools import product

from tests.reference.people import ALICE, BOB, fixed
from tests.reference.suite1 import hkdf_sha256, lp

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PASSKEY_INPUT = hashlib.sha256(b"VibeChat passkey vault").digest()


def doubled(value: int) -> int:
    """The product with alpha in GF(32) = GF(2)[x] / (x^5 + x^2 + 1)."""
    return 2 * value if value < 16 else 2 * value ^ 0b100101


def is_codeword(symbols: list[int]) -> bool:
    """Whether alpha and alpha^2 are roots of the polynomial, whose highest coefficient stands first."""
    first = second = 0
    for symbol in symbols:
        first, second = doubled(first) ^ symbol, doubled(doubled(second)) ^ symbol
    return first == second == 0


def spell(symbols: list[int]) -> str:
    """The code of 26 symbols."""
    checks = next(list(pair) for pair in product(range(32), repeat=2) if is_codeword(symbols + list(pair)))
    return "-".join(re.findall(".{4}", "".join(ALPHABET[symbol] for symbol in symbols + checks)))


def read(text: str) -> dict:
    plain = "".join(c for c in unicodedata.normalize("NFKC", text).upper() if not c.isspace())
    plain = "".join(c for c in plain if unicodedata.category(c) != "Pd").translate(str.maketrans("OIL", "011"))
    if len(plain) != 28:
        return {"ok": False, "problem": "malformed", "group": None}
    for index, character in enumerate(plain):
        if character not in ALPHABET:
            return {"ok": False, "problem": "malformed", "group": index // 4 + 1}
    symbols = [ALPHABET.index(character) for character in plain]
    if is_codeword(symbols):
        return {"ok": True, "symbols": plain[:26]}
    others = product(range(28), range(32))
    mended = [index for index, value in others if is_codeword([*symbols[:index], value, *symbols[index + 1 :]])]
    return {"ok": False, "problem": "damaged", "group": mended[0] // 4 + 1 if mended else None}


def code_seed(symbols: str, email: str) -> bytes:
    return hkdf_sha256(symbols.encode("ascii"), lp(b"VibeChat recovery code", email.encode("ascii")))


def passkey_seed(prf: bytes, email: str, credential_id: bytes) -> bytes:
    return hkdf_sha256(prf, lp(b"VibeChat passkey", email.encode("ascii"), credential_id))


# The vectors

SYMBOLS = [byte % 32 for byte in fixed("recovery code", 26)]
CODE = spell(SYMBOLS)
PLAIN = CODE.replace("-", "")


def changed(*places: int) -> str:
    """The code with the next symbol of the alphabet at these places."""
    typed = list(PLAIN)
    for place in places:
        typed[place] = ALPHABET[(ALPHABET.index(typed[place]) + 1) % 32]
    return "".join(typed)


def recovery_codes_file() -> dict:
    zeros = spell([0] * 26)
    texts = {
        "as-shown": CODE,
        "small-letters-and-spaces": CODE.lower().replace("-", " "),
        "without-hyphens": PLAIN,
        "all-zeros-typed-as-o": zeros.replace("0", "O"),
        "one-typed-as-i-and-l": spell([1] * 26).replace("1", "I", 1).replace("1", "l"),
        "full-width": "".join(chr(ord(c) + 0xFEE0) if c != "-" else "\u2013" for c in CODE),
        "empty": "",
        "one-character-missing": CODE[1:],
        "one-character-more": f"{CODE}0",
        "letter-u": f"U{PLAIN[1:]}",
        "first-symbol-wrong": changed(0),
        "last-symbol-wrong": changed(27),
        "symbol-of-group-4-wrong": changed(13),
        "two-symbols-wrong": changed(3, 20),
        "two-in-one-group-wrong": changed(8, 9),
        "swapped-neighbours": PLAIN[:9] + PLAIN[10] + PLAIN[9] + PLAIN[11:],
        "swapped-groups": "-".join([*CODE.split("-")[1::-1], *CODE.split("-")[2:]]),
    }
    symbols = PLAIN[:26]
    prf, credential_id = fixed("output of a PRF"), fixed("credential id", 20)
    return {
        "comment": "What a reader makes of a text; the seeds that follow from symbols and from a passkey.",
        "codes": [{"name": name, "text": text, "answer": read(text)} for name, text in texts.items()],
        "seeds": [
            {"name": who.email, "symbols": symbols, "email": who.email, "seed": code_seed(symbols, who.email).hex()}
            for who in (ALICE, BOB)
        ],
        "passkey_input": PASSKEY_INPUT.hex(),
        "passkeys": [
            {
                "name": who.email,
                "prf": prf.hex(),
                "email": who.email,
                "credential_id": credential_id.hex(),
                "seed": passkey_seed(prf, who.email, credential_id).hex(),
            }
            for who in (ALICE, BOB)
        ],
    }
