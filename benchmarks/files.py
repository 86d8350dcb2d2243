"""How fast Chromium seals and opens a file: MiB a second, the fastest of some runs."""

import argparse
import tempfile
from pathlib import Path

from tests.browser.site import running_site
from tools.browser.start import running_browser

# Seals a file of zeros in memory part by part, and opens it.
SCRIPT = """async (size) => {
  const { newFileKey, sealFile, sealedLength, hashOfParts } = await import("/static/js/crypto/file-encryption.js");
  const { openWholeFile } = await import("/static/js/crypto/whole-file.js");
  const { CryptoManager } = await import("/static/js/crypto/crypto.js");
  const { toHex } = await import("/static/js/lib/bytes.js");
  const file = new Blob([new Uint8Array(size)]);
  const read = async (start, end) => new Uint8Array(await file.slice(start, end).arrayBuffer());
  const [key, parts, began] = [newFileKey(), [], performance.now()];
  for await (const part of sealFile({ key, purpose: "file", size, read })) {
    parts.push(part);
  }
  const sealed = performance.now();
  const hash = toHex(await hashOfParts(await Promise.all(parts.map((part) => CryptoManager.sha256(part)))));
  const hashed = performance.now();
  await openWholeFile({ key, purpose: "file", size, hash, parts });
  return [sealed - began, performance.now() - hashed];
}"""


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.files", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--mebibytes", type=int, default=64, help="of the file")
    parser.add_argument("--repeats", type=int, default=5)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    with (
        running_browser() as browser,
        tempfile.TemporaryDirectory() as folder,
        running_site(Path(folder), "embedded") as site,
    ):
        page = browser.new_page()
        page.goto(f"{site.server_of('alice').url}/login")
        runs = [page.evaluate(SCRIPT, options.mebibytes * 2**20) for _ in range(options.repeats)]
    for name, times in zip(("sealing", "opening"), zip(*runs, strict=True), strict=True):
        print(f"{name}: {1000 * options.mebibytes / min(times):.0f} MiB/s")


if __name__ == "__main__":
    main()
