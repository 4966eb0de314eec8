/**
 * Fetches the script of the reference page, so that the page works without a network. `npm ci` runs this file.
 *
 * The script is one file of a package with 300 dependencies. This file extracts only the script from the package that
 * `openapi/scalar.json` pins, and checks its hash. Without this copy the page loads the same file from a CDN.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const scalar = JSON.parse(await readFile(join(root, "openapi", "scalar.json"), "utf8"));
const copy = join(root, scalar.copy);
/** The size of a block in a tar archive, in bytes. */
const BLOCK = 512;

if (!(await hasCopy())) {
  try {
    await fetchScript();
  } catch (error) {
    // Only a warning: the installation must not fail because of the reference page.
    const [reason] = (error.stderr || error.message).split("\n", 1);
    console.warn(`The reference page will load its script from a CDN, because fetching it failed: ${reason}`);
  }
}

async function hasCopy() {
  const bytes = await readFile(copy).catch(() => null);
  return bytes !== null && isIntact(bytes);
}

function isIntact(bytes) {
  const [algorithm] = scalar.integrity.split("-", 1);
  return `${algorithm}-${createHash(algorithm).update(bytes).digest("base64")}` === scalar.integrity;
}

async function fetchScript() {
  const scratch = await mkdtemp(join(tmpdir(), "reference-"));
  try {
    const quietly = ["--loglevel", "error", "--fetch-retries", "1", "--prefer-offline"];
    await npm("pack", `${scalar.package}@${scalar.version}`, "--pack-destination", scratch, ...quietly);
    const [archive = ""] = await readdir(scratch);
    const bytes = fileIn(gunzipSync(await readFile(join(scratch, archive))), `package/${scalar.file}`);
    if (!isIntact(bytes)) throw new Error(`${scalar.file} is not the file that openapi/scalar.json pins`);
    await mkdir(dirname(copy), { recursive: true });
    // Written to a temporary name first, so that other processes never read half of the file.
    const temporary = `${copy}.${process.pid}`;
    await writeFile(temporary, bytes);
    await rename(temporary, copy);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Runs npm: the npm that runs this script, or else the installed one. */
async function npm(...args) {
  const running = process.env.npm_execpath ?? "";
  const isNpm = basename(running) === "npm-cli.js";
  const [command, first] = isNpm ? [process.execPath, [running]] : ["npm", []];
  // On Windows npm is a batch file, which only a shell runs.
  const shell = !isNpm && process.platform === "win32";
  await promisify(execFile)(command, [...first, ...args], { cwd: tmpdir(), shell });
}

/** Returns the bytes of a file in a tar archive, which has a header block before each file (POSIX.1-1988, ustar). */
function fileIn(tar, name) {
  const text = (at, length) => tar.toString("latin1", at, at + length).split("\0", 1)[0];
  for (let at = 0; at + BLOCK <= tar.length;) {
    const size = Number.parseInt(text(at + 124, 12) || "0", 8);
    const content = at + BLOCK;
    if (text(at, 100) === name) return tar.subarray(content, content + size);
    at = content + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new Error(`the package does not contain ${name}`);
}
