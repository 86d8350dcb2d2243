"""How fast Chromium seals and opens a file: the fastest of some runs."""

import argparse
import os
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.usage import cpu_seconds
from tests.browser.site import running_site
from tools.browser.start import running_browser

# Seal a file of zeros in memory part by part, and open it. Both return milliseconds.
SEAL = """async (size) => {
  const { newFileKey, sealFile } = await import("/static/js/crypto/file-encryption.js");
  const { blobReader } = await import("/static/js/lib/blob-reader.js");
  const read = blobReader(new Blob([new Uint8Array(size)]));
  const [key, parts, began] = [newFileKey(), [], performance.now()];
  for await (const part of sealFile({ key, purpose: "file", size, read })) {
    parts.push(part);
  }
  window.sealed = { key, parts };
  return performance.now() - began;
}"""
OPEN = """async (size) => {
  const { hashOfParts } = await import("/static/js/crypto/file-encryption.js");
  const { openWholeFile } = await import("/static/js/crypto/whole-file.js");
  const { CryptoManager } = await import("/static/js/crypto/crypto.js");
  const { toHex } = await import("/static/js/lib/bytes.js");
  const { key, parts } = window.sealed;
  const hash = toHex(await hashOfParts(await Promise.all(parts.map((part) => CryptoManager.sha256(part)))));
  const began = performance.now();
  await openWholeFile({ key, purpose: "file", size, hash, parts });
  return performance.now() - began;
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
        for name, script in (("sealing", SEAL), ("opening", OPEN)):
            runs = [timed(page, script, options.mebibytes) for _ in range(options.repeats)]
            speed, per_cpu = (options.mebibytes / min(found) for found in zip(*runs, strict=True))
            print(f"{name}: {speed:.0f} MiB/s; {per_cpu:.0f} MiB in a second of CPU time")


def timed(page: Page, script: str, mebibytes: int) -> tuple[float, float]:
    """Seconds, and CPU seconds of all threads of the browser."""
    before = cpu_seconds([os.getpid()])
    seconds = page.evaluate(script, mebibytes * 2**20) / 1000
    return seconds, cpu_seconds([os.getpid()]) - before


if __name__ == "__main__":
    main()
