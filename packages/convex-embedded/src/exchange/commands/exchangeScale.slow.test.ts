import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Value } from "convex/values";
import { expect, test, vi } from "vitest";
import { command } from "../../../fixtures/command";
import { serve, temporaryDirectory } from "../../../fixtures/serve";
import { uploaded } from "../../../fixtures/stored";
import { openStore } from "../../store/store";
import { encodeId, newInternalId } from "../../values/ids";

const MOVING = join(import.meta.dirname, "../../../fixtures/moving");
const DOCUMENTS = 100_000;
/** The limit of the JavaScript heap. The documents alone would need more than twice as much. */
const HEAP_MB = 64;
const FILE_BYTES = 32 * 1024 * 1024;

/** Returns a value with every type, of more than a thousand characters. */
function valueOf(n: number): Value {
  return {
    bytes: randomBytes(300).buffer.slice(0, 300),
    float: n / 3,
    integer: BigInt(n) << 40n,
    list: [null, n % 2 === 0, NaN, -0, "–".repeat(n % 7)],
    text: `document ${n} `.repeat(40),
  };
}

async function fill(directory: string): Promise<void> {
  const store = openStore({ directory });
  const table = store.catalog.table("", "things");
  if (table === null) throw new Error("no table");
  for (let n = 0; n < DOCUMENTS;) {
    await store.mutate((transaction) => {
      for (const end = n + 10_000; n < end; n++) {
        const internal = newInternalId();
        const _id = encodeId(table.number, internal);
        transaction.insert(table, internal, { _id, _creationTime: 1_700_000_000_000 + n, value: valueOf(n) });
      }
      return Promise.resolve();
    });
  }
  await store.close();
}

test(
  "100,000 documents and a large file are moved in 64 MB of heap, byte for byte",
  { timeout: 300_000 },
  async () => {
    const data = join(temporaryDirectory(), "data");
    const { server } = await serve({ project: MOVING, data });
    await uploaded(server, randomBytes(FILE_BYTES));
    await server.close();
    await fill(data);

    vi.stubEnv("NODE_OPTIONS", `--max-old-space-size=${HEAP_MB}`);
    const directory = temporaryDirectory();
    const [first, second, moved] = ["first.zip", "second.zip", "moved"].map((name) =>
      join(directory, name),
    ) as [string, string, string];
    for (const [args, line] of [
      [["export", first, "--data", data], `${DOCUMENTS} documents in 4 tables, 1 stored files\n`],
      [
        ["import", first, "--data", moved, "--project", MOVING],
        `${DOCUMENTS} documents in 4 tables, 1 stored files\n`,
      ],
      [["export", second, "--data", moved], `${DOCUMENTS} documents in 4 tables, 1 stored files\n`],
    ] as const) {
      const { code, output } = await command(...args);
      expect([code, output]).toEqual([0, expect.stringContaining(line)]);
      expect(output).toContain("things: 50000 documents so far\n");
    }
    expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
  },
);
