/** Each step in the processing of a GitHub webhook of the maximum size fits into the heap of a function on Convex. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RECEIVERS } from "./webhooks.contract";
import { bodyOf, KINDS } from "./heap.github.testing";

/** The heap of a function on Convex, in MiB. On Convex it includes the young generation; Node adds 3 MiB for it. */
const HEAP = ["--max-old-space-size=64", "--max-semi-space-size=1"];
const LIMIT = RECEIVERS.github.spec().body.limit ?? 0;

/** The calls to Convex that a step makes if it succeeds. */
const STEPS = {
  receive: ["1.0/actions/action"],
  record: ["storage/storeBlob", "1.0/actions/mutation"],
  process: ["1.0/get", "1.0/runUdf", "1.0/replace"],
  read: ["1.0/actions/query", "1.0/actions/query", "storage/getBlob"],
};

const directory = mkdtempSync(join(tmpdir(), "webhook-heap-"));
const child = join(directory, "heap.child.mjs");

beforeAll(() =>
  build({
    entryPoints: [join(import.meta.dirname, "heap.github.child.ts")],
    outfile: child,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "esnext",
    conditions: ["convex", "module"],
    logLevel: "warning",
  }),
);
afterAll(() => rmSync(directory, { recursive: true }));

test("the bodies have the maximum size of the route", () => {
  expect(LIMIT).toBe(4 * 1024 * 1024);
  for (const kind of KINDS.filter((name) => name !== "form"))
    expect([kind, Buffer.byteLength(bodyOf(kind, LIMIT))]).toEqual([kind, LIMIT]);
  expect(Buffer.byteLength(bodyOf("form", LIMIT))).toBeGreaterThan(0.9 * LIMIT);
});

// The GitHub handler does not read the payload. A replay runs the step `process` again.
describe.each(Object.entries(STEPS))("the step %s has enough heap", (step, calls) => {
  test.each(KINDS)("for a body of %s", async (kind) => {
    const run = promisify(execFile)(process.execPath, [...HEAP, child, step, kind, String(LIMIT)]);
    const lines = (await run).stdout.trim().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toEqual(calls);
  });
});
