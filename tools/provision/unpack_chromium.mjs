// Unpacks the browser of @sparticuz/chromium:  node unpack_chromium.mjs <folder of the .br files> <target folder>
import { createReadStream, createWriteStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

const [source, target] = process.argv.slice(2);
const packed = (await readdir(source)).filter((name) => name.endsWith(".br"));
await Promise.all(
  packed.map((name) =>
    pipeline(
      createReadStream(join(source, name)),
      createBrotliDecompress(),
      createWriteStream(join(target, basename(name, ".br"))),
    ),
  ),
);
