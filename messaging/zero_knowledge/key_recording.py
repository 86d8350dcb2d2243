"""Notes the secrets of a page's Web Crypto, and the pictures that it makes, so that the audit can look for them."""

import base64
from typing import Any

from messaging.zero_knowledge.search import Canaries

BINDING = "vibechatAuditNote"
# By the label in HKDF's `info` (docs/protocol.md §14 to §17): what the input key material is.
DERIVATIONS = {
    "VibeChat vault": "a vault key",
    "VibeChat way": "the seed of a way back",
    "VibeChat recovery code": "a recovery code",
    "VibeChat invitation": "the code of an invitation",
    "VibeChat passkey": "the PRF output of a passkey",
}
SCALAR_AT = {138: 36, 48: 16}  # where the 32 secret bytes begin, by the length of a PKCS #8: P-256, Ed25519
SCALAR_BYTES = 32
PICTURE_BYTES = 48  # of the middle of a picture that a page has made
SCRIPT = """(() => {
  if (!globalThis.SubtleCrypto) return; // the browser's own page for an address that cannot be reached
  const { exportKey, importKey, deriveBits } = SubtleCrypto.prototype;
  const materials = new WeakMap();
  const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes.buffer ?? bytes)));
  const note = (kind, bytes) => globalThis.BINDING(kind, base64(bytes));
  SubtleCrypto.prototype.exportKey = async function (format, key) {
    const exported = await exportKey.call(this, format, key);
    if (format === "pkcs8") note(format, exported);
    return exported;
  };
  SubtleCrypto.prototype.importKey = async function (format, data, algorithm, ...rest) {
    const copy = ArrayBuffer.isView(data) ? new Uint8Array(data) : data;
    const key = await importKey.call(this, format, data, algorithm, ...rest);
    if (format === "pkcs8") note(format, copy);
    if (format === "raw" && (algorithm.name ?? algorithm) === "HKDF") materials.set(key, copy);
    return key;
  };
  SubtleCrypto.prototype.deriveBits = function (algorithm, key, length) {
    const label = materials.has(key) && new TextDecoder("latin1").decode(algorithm.info);
    if (label) note(label, materials.get(key));
    return deriveBits.call(this, algorithm, key, length);
  };
  const { convertToBlob } = OffscreenCanvas.prototype;
  OffscreenCanvas.prototype.convertToBlob = async function (options) {
    const blob = await convertToBlob.call(this, options);
    note("picture", await blob.arrayBuffer());
    return blob;
  };
})();""".replace("BINDING", BINDING)


def record_keys(context: Any, canaries: Canaries) -> None:
    """`context`: a BrowserContext of Playwright, before its first page is opened."""
    context.expose_binding(BINDING, lambda _source, kind, text: note(canaries, kind, base64.b64decode(text)))
    context.add_init_script(SCRIPT)


def note(canaries: Canaries, kind: str, raw: bytes) -> None:
    if kind == "pkcs8":
        start = SCALAR_AT.get(len(raw), 0)
        canaries.add_secret("a private key", raw[start : start + SCALAR_BYTES])
        return
    if kind == "picture":
        middle = len(raw) // 2
        canaries.add_secret("a picture", raw[middle : middle + PICTURE_BYTES])
        return
    for label, name in DERIVATIONS.items():
        if kind.startswith(lp_head(label)):
            canaries.add_secret(name, raw)


def lp_head(label: str) -> str:
    """How an `info` begins whose first part is the label (LP of docs/protocol.md §2)."""
    return len(label).to_bytes(4).decode("latin-1") + label
