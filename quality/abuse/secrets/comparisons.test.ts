/**
 * The time of a comparison reveals nothing about a secret: keys are looked up by their hash, and signatures are compared in
 * constant time. The tests check the sources, because measured times prove nothing. `npm run abuse -- --timing` measures.
 */
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { isHmac } from "../../../convex/webhooks/hmac.lib";
import { hashApiKey, newApiKey } from "../../../convex/identity/apiKey.lib";
import { sourcesIn } from "../sources";

const SOURCES = [...sourcesIn("convex"), ...sourcesIn("packages/convex-embedded/src")];

/** Comparisons with `===` whose operands are named like secrets, and the reason why each is safe. */
const HARMLESS: Readonly<Record<string, string>> = {
  "convex/identity/keys.lib.ts: caller.key.id !== key._id": "ids, which lists show",
  'convex/http/middleware/credential.middleware.ts: c.get("caller").key?.id === c.req.param("id")':
    "ids, which lists show",
  "convex/migrations.ts: emailKey !== foldEmail(email)": "emails, neither of which a client sends",
  "convex/outgoing/secrets.ts: before === secret.sealed":
    "two encrypted texts, neither of which a client sends",
  "convex/http/keys/keys.routes.ts: made.hash === fresh.hash": "two hashes of this server's own",
  "convex/http/middleware/credentialHeaders.middleware.ts: key !== bearer": "two texts of the same client",
  "convex/identity/apiKey.lib.ts: checksum(key.slice(0, -9)) === key.slice(-8)":
    "a checksum that anyone can compute",
  'packages/convex-embedded/src/backup/archive.ts: hash.digest("hex") !== expected': "a file's digest",
  'packages/convex-embedded/src/backup/backup.ts: sha256.toString("base64") !== file.sha256':
    "a file's digest, which is not secret",
  'packages/convex-embedded/src/backup/restore.ts: hash.digest("hex") !== sum': "a file's digest",
  'packages/convex-embedded/src/backup/restore.ts: createHash("sha256").update(content).digest("hex") !== sum':
    "a file's digest",
  'packages/convex-embedded/src/exchange/importFiles.ts: expected !== sha256.toString("base64")':
    "a file's digest",
  'packages/convex-embedded/src/files/uploadHeaders.ts: digest.toString("base64") === base64':
    "a text and the same text decoded",
  'packages/convex-embedded/src/runtime/bundleCache.ts: bytes.toString("latin1", 0, checksumEnd) !== hashOf([entry])':
    "a file's digest",
  'packages/convex-embedded/src/runtime/bundleCache.ts: header.digest !== digestOf(header.inputs, "contents")':
    "a digest of the project's files",
  "packages/convex-embedded/src/runtime/bundleCache.ts: header.runtime !== runtimeHash()":
    "a digest of this program's files",
  "packages/convex-embedded/src/exec/vectorIndexes.ts: definition === JSON.stringify(this.#indexes.get(key))":
    "two definitions of an index, by its key",
  "packages/convex-embedded/src/protocol/push/pushes.ts: moduleHash(other) === moduleHash(module)":
    "digests of modules that the operator pushes",
  "packages/convex-embedded/src/protocol/push/request.ts: moduleHash(module) === sha256":
    "a digest of a module that the operator pushes",
  "packages/convex-embedded/src/server/builds.ts: pushed.folder !== folderDigest(this.settings.project)":
    "a digest of the project's files",
  "packages/convex-embedded/src/cli/toolSettings.ts: set.get(KEY_NAME) === settings.adminKey":
    "the operator's own file, read at the start",
};

const NAME = /secret|signature|key|token|hash|hmac|digest|sha(?!re)|credential/i;
/** A constant, a `typeof` or a length. A comparison with one of these does not compare a secret. */
const NO_SECRET = /^(?:[A-Z_]+|undefined|null|true|false|"[^"]*"|\d+)$|^typeof |\.length\b/;
const EQUALITIES = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
]);

function comparisonsIn(tree: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && EQUALITIES.has(node.operatorToken.kind)) {
      const sides = [node.left.getText(), node.right.getText()];
      if (sides.some((side) => NAME.test(side)) && !sides.some((side) => NO_SECRET.test(side)))
        found.push(`${tree.fileName}: ${node.getText().replaceAll(/\s+/g, " ")}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

test("secrets are never compared character by character", () => {
  expect(SOURCES.flatMap(comparisonsIn).sort()).toEqual(Object.keys(HARMLESS).sort());
});

describe("safe comparisons", () => {
  const textOf = (file: string) => SOURCES.find(({ fileName }) => fileName === file)?.text ?? "";

  test.each([
    "packages/convex-embedded/src/protocol/adminKey.ts",
    "packages/convex-embedded/src/files/uploadTokens.ts",
  ])("%s uses timingSafeEqual", (file) => expect(textOf(file)).toContain("timingSafeEqual("));

  test("a key is looked up by the index of its hash", () => {
    expect(textOf("convex/schema.ts")).toContain('.index("by_key", ["hash"])');
    const lookUps = SOURCES.flatMap(({ text }) => text.match(/withIndex\("by_key".*/g) ?? []);
    expect(lookUps).toEqual(['withIndex("by_key", (q) => q.eq("hash", hash))']);
  });

  test("keys that differ in one character have unrelated hashes", async () => {
    const { key } = await newApiKey();
    const near = key.slice(0, -10) + (key.at(-10) === "x" ? "y" : "x") + key.slice(-9);
    const [one, other] = [await hashApiKey(key), await hashApiKey(near)];
    const same = Array.from(one).filter((digit, at) => digit === other[at]);
    // Random hashes share about 4 of 64 digits.
    expect(same.length).toBeLessThan(24);
    expect(one.slice(0, 8)).not.toBe(other.slice(0, 8));
  });

  test("a signature is compared by WebCrypto, and only if it has the right form", async () => {
    for (const given of ["", "0", "0".repeat(63), "0".repeat(65), "g".repeat(64), "A".repeat(64)])
      expect(await isHmac(given, "secret", "text")).toBe(false);
    expect(textOf("convex/webhooks/hmac.lib.ts")).toContain("crypto.subtle.verify(");
  });
});
