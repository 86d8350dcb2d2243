"""Which pictures of a profile are drawn, by their bytes alone, and vectors of it: docs/protocol.md §5.9."""

import struct
import zlib

LARGEST_SIDE = 512
MOST_BYTES = 32_768


def is_drawn(kind: str, data: bytes) -> bool:
    """`kind`: the media type that the profile says."""
    readers = {"image/png": png_size, "image/jpeg": jpeg_size, "image/webp": webp_size}
    try:
        width, height = readers[kind](data)
    except (LookupError, ValueError, struct.error):
        return False
    return len(data) <= MOST_BYTES and 1 <= width <= LARGEST_SIDE and 1 <= height <= LARGEST_SIDE


def png_size(data: bytes) -> tuple[int, int]:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR" or b"acTL" in data:
        raise ValueError
    return struct.unpack_from(">II", data, 16)


def jpeg_size(data: bytes) -> tuple[int, int]:
    if not data.startswith(b"\xff\xd8"):
        raise ValueError
    at = 2
    while True:
        while data[at] == 0xFF == data[at + 1]:
            at += 1
        (marker,) = struct.unpack_from(">H", data, at)
        if 0xFFC0 <= marker <= 0xFFCF and marker not in (0xFFC4, 0xFFC8, 0xFFCC):
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        if marker < 0xFF01 or marker in (0xFFD9, 0xFFDA):
            raise ValueError
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]


def webp_size(data: bytes) -> tuple[int, int]:
    form = data[12:16]
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or (form == b"VP8X" and data[20] & 2):
        raise ValueError
    if form == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if form == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError


# --- vectors ---------------------------------------------------------------------------------------------------------


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, more: bytes = b"") -> bytes:
    """Whole only where it is small: the head is what counts."""
    rows = b"\0" * (min(width, 64) + 1) * min(height, 64)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + more + body


def jpeg(width: int, height: int, before: bytes = b"") -> bytes:
    return b"\xff\xd8" + before + b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(20)


def webp(form: bytes, rest: bytes) -> bytes:
    return b"RIFF" + bytes(4) + b"WEBP" + form + bytes(4) + rest + bytes(8)


def extended(width: int, height: int, flags: int = 0) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return webp(b"VP8X", bytes([flags, 0, 0, 0]) + size)


CAMERA = b"\xff\xe1" + struct.pack(">H", 1002) + bytes(1000)
LOSSLESS = b"\x2f" + struct.pack("<I", 511 | 511 << 14)
LOSSY = bytes(6) + struct.pack("<HH", 512, 512)
DRAWING = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
CASES: dict[str, tuple[str, bytes]] = {
    "png": ("image/png", png(64, 64)),
    "png-of-the-largest-size": ("image/png", png(512, 512)),
    "jpeg": ("image/jpeg", jpeg(256, 256)),
    "jpeg-behind-a-camera's-data": ("image/jpeg", jpeg(512, 1, CAMERA)),
    "webp-lossy": ("image/webp", webp(b"VP8 ", LOSSY)),
    "webp-lossless": ("image/webp", webp(b"VP8L", LOSSLESS)),
    "webp-extended": ("image/webp", extended(512, 512)),
    "png-too-wide": ("image/png", png(513, 16)),
    "png-too-high": ("image/png", png(16, 513)),
    "png-bomb": ("image/png", png(50_000, 50_000)),
    "png-without-height": ("image/png", png(16, 0)),
    "png-that-moves": ("image/png", png(16, 16, chunk(b"acTL", bytes(8)))),
    "png-that-ends-in-its-head": ("image/png", png(16, 16)[:20]),
    "png-called-jpeg": ("image/jpeg", png(16, 16)),
    "jpeg-called-png": ("image/png", jpeg(16, 16)),
    "jpeg-bomb": ("image/jpeg", jpeg(65_535, 65_535)),
    "jpeg-without-a-frame": ("image/jpeg", b"\xff\xd8\xff\xda" + bytes(20)),
    "jpeg-whose-segments-do-not-end": ("image/jpeg", b"\xff\xd8" + CAMERA[:4]),
    "webp-bomb": ("image/webp", extended(16_384, 16_384)),
    "webp-that-moves": ("image/webp", extended(16, 16, 2)),
    "webp-of-another-form": ("image/webp", webp(b"VP9 ", bytes(20))),
    "gif-called-png": ("image/png", b"GIF89a\x10\0\x10\0" + bytes(20)),
    "svg-called-png": ("image/png", DRAWING),
    "svg-called-webp": ("image/webp", DRAWING),
    "nothing-but-a-byte": ("image/png", b"\x89"),
}


def pictures_file() -> dict:
    entries = [
        {"name": name, "type": kind, "data": data.hex(), "is_drawn": is_drawn(kind, data)}
        for name, (kind, data) in CASES.items()
    ]
    return {"comment": "Pictures of profiles, and whether a reader draws them.", "pictures": entries}
