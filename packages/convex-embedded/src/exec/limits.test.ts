import { getDocumentSize } from "convex/values";
import { expect, test } from "vitest";
import { RULES, serve } from "../../fixtures/serve";
import type { EmbeddedServer } from "../server/server";
import type { ServerOptions } from "../server/serverOptions";
import { CONVEX_LIMITS } from "./limits";
import { humanBytes } from "./sizeLimits";
import { TransactionUsage } from "./transactionUsage";

const HELP =
  "Consider using smaller limits in your queries, paginating your queries, or using indexed queries with a selective " +
  "index range expressions.";

async function rules(limits: ServerOptions["limits"] = {}): Promise<EmbeddedServer> {
  return (await serve({ project: RULES, limits })).server;
}

/** Limits with some of the transaction's limits changed. */
const small = (change: Partial<typeof CONVEX_LIMITS.transaction>): ServerOptions["limits"] => ({
  transaction: { ...CONVEX_LIMITS.transaction, ...change },
});

test("the limits are Convex's", () => {
  expect(CONVEX_LIMITS).toEqual({
    transaction: {
      bytesRead: 16_777_216,
      bytesWritten: 16_777_216,
      databaseQueries: 4_096,
      documentsRead: 32_000,
      documentsWritten: 16_000,
      functionsScheduled: 1_000,
      scheduledFunctionArgsBytes: 16_777_216,
    },
    enforced: true,
    argumentBytes: 16_777_216,
    resultBytes: 16_777_216,
    userMs: 1_000,
    actionMs: 1_800_000,
    nodeActionMs: 600_000,
    actionCalls: 8,
  });
});

test("a transaction may write 16,000 documents and read 32,000, but not one more", async () => {
  const server = await rules({ userMs: 60_000 });
  await server.run("limits:insert", { count: 16_000, bytes: 0 });
  expect(await server.run("limits:collect", { from: 0 })).toBe(16_000);
  await expect(server.run("limits:insert", { count: 16_001, bytes: 0 })).rejects.toThrow(
    /^Too many writes in a single function execution \(limit: 16000\)$/,
  );
  expect(await server.run("limits:collect", { from: 0 })).toBe(16_000);
  await server.run("limits:insert", { count: 16_000, bytes: 0 });
  expect(await server.run("limits:collect", { from: 0 })).toBe(32_000);
  await server.run("limits:insert", { count: 1, bytes: 0 });
  const refusal = `Too many documents read in a single function execution (limit: 32000). ${HELP}`;
  await expect(server.run("limits:collect", { from: 0 })).rejects.toThrow(refusal);
  // Rows that a filter rejects count as read.
  await expect(server.run("limits:find", {})).rejects.toThrow(refusal);
  expect(await server.run("limits:collect", { from: 1 })).toBe(31_998);
});

test("a transaction may read and write exactly as many bytes as the limit", () => {
  const limits = { ...CONVEX_LIMITS.transaction, bytesRead: 1_000, bytesWritten: 1_000 };
  const usage = new TransactionUsage(limits);
  // Overhead: 2 bytes for an object, its name and 1 byte for a field, 2 for a string. A missing id or creation time is added.
  const document = { _creationTime: 1, _id: "x".repeat(32), text: "" };
  const own = getDocumentSize(document);
  usage.countWrite(own);
  usage.countWrite(1_000 - own);
  expect(usage.metrics().bytesWritten).toEqual({ used: 1_000, remaining: 0 });
  usage.countWrite(0);
  expect(() => usage.countWrite(1)).toThrow(
    "Too many bytes written in a single function execution (limit: 1000 bytes)",
  );

  usage.countDocument(JSON.stringify({ ...document, text: "x".repeat(1_000 - own) }));
  expect(usage.metrics().bytesRead).toEqual({ used: 1_000, remaining: 0 });
  expect(() => usage.countDocument(JSON.stringify(document))).toThrow(
    `Too many bytes read in a single function execution (limit: 1000 bytes). ${HELP}`,
  );
});

test("bytes of all reads and writes of a transaction count together", async () => {
  const server = await rules(small({ bytesRead: 5_000, bytesWritten: 5_000 }));
  await server.run("limits:insert", { count: 4, bytes: 1_000 });
  await server.run("limits:insert", { count: 1, bytes: 1_000 });
  await expect(server.run("limits:collect", { from: 0 })).rejects.toThrow("Too many bytes read");
  await expect(server.run("limits:insert", { count: 5, bytes: 1_000 })).rejects.toThrow(
    "Too many bytes written",
  );
});

test("a transaction may read 4,096 different ranges, each of them any number of times", async () => {
  const server = await rules({ userMs: 60_000 });
  await server.run("limits:ranges", { count: 4_096, times: 2 });
  await expect(server.run("limits:ranges", { count: 4_097, times: 1 })).rejects.toThrow(
    `Too many reads in a single function execution (limit: 4096). ${HELP}`,
  );
});

test("nested functions count towards the caller's transaction, except for writes that were rolled back", async () => {
  const server = await rules(small({ documentsWritten: 3 }));
  await server.run("limits:nested", { failing: 10, then: 3 });
  expect(await server.run("limits:collect", { from: 0 })).toBe(3);
  await expect(server.run("limits:nested", { failing: 0, then: 4 })).rejects.toThrow("Too many writes");
});

test("a nested call may have its own limits, which end with the call", async () => {
  const server = await rules(small({ documentsWritten: 4 }));
  expect(await server.run("limits:limited", { count: 2 })).toBe("done");
  expect(await server.run("limits:limited", { count: 3 })).toBe(
    "Too many writes in a single function execution (limit: 3)",
  );
  expect(await server.run("limits:collect", { from: 0 })).toBe(5);
});

test("a deletion counts as a write and as a read of the document", async () => {
  const server = await rules(small({ documentsWritten: 3, documentsRead: 6 }));
  await server.run("limits:insert", { count: 3, bytes: 0 });
  await server.run("limits:removeAll", {});
  await server.run("limits:insert", { count: 3, bytes: 0 });
  await server.run("limits:insert", { count: 1, bytes: 0 });
  await expect(server.run("limits:removeAll", {})).rejects.toThrow("Too many documents read");
});

test("the metrics contain the used and the remaining amounts", () => {
  const usage = new TransactionUsage(CONVEX_LIMITS.transaction);
  usage.countRange("a");
  usage.countRange("b");
  usage.countRange("a");
  usage.countWrite(0);
  const { writes } = usage;
  usage.scheduled([{ a: "b" }]);
  const metrics = {
    bytesRead: { used: 0, remaining: 16_777_216 },
    bytesWritten: { used: 0, remaining: 16_777_216 },
    databaseQueries: { used: 2, remaining: 4_094 },
    documentsRead: { used: 0, remaining: 32_000 },
    documentsWritten: { used: 1, remaining: 15_999 },
    functionsScheduled: { used: 1, remaining: 999 },
    // A list, an object in it, a field's name and 1 byte, and a string.
    scheduledFunctionArgsBytes: { used: 9, remaining: 16_777_207 },
  };
  expect(usage.metrics()).toEqual(metrics);
  usage.restoreWrites(writes);
  expect(usage.functionsScheduled).toBe(0);
});

test("a range that is requested often counts once, and a new one counts also after many requests", () => {
  const usage = new TransactionUsage({ ...CONVEX_LIMITS.transaction, databaseQueries: 3 });
  const index = { id: 7, name: "by_name", fields: [] };
  const range = (start: string) => ({ index, range: { start: Buffer.from(start), end: Buffer.from("z") } });
  for (let i = 0; i < 10_000; i++) {
    usage.countRange("id");
    usage.countRange(range("a"));
    usage.countRange(range("b"));
  }
  expect(usage.metrics().databaseQueries).toEqual({ used: 3, remaining: 0 });
  expect(() => usage.countRange(range("c"))).toThrow(
    "Too many reads in a single function execution (limit: 3)",
  );
});

test("unlimited transactions are measured, and their nested calls can still be limited", () => {
  const usage = new TransactionUsage({ ...CONVEX_LIMITS.transaction, documentsWritten: 1 }, false);
  for (let i = 0; i < 3; i++) usage.countWrite(0);
  expect(usage.metrics().documentsWritten).toEqual({ used: 3, remaining: -2 });
  const widen = usage.narrow({ documentsWritten: 1, functionsScheduled: 0 });
  usage.countWrite(0);
  expect(() => usage.countWrite(0)).toThrow("Too many writes");
  expect(() => usage.scheduled([])).toThrow("Too many functions scheduled");
  widen();
  usage.countWrite(0);
});

test("arguments and results are measured like on Convex", async () => {
  // The overhead of the list, the object in it, the field `text` and the string.
  const overhead = 2 + 2 + 5 + 2;
  const server = await rules({ argumentBytes: 1_000, resultBytes: 1_002 });
  expect(await server.run("limits:echo", { text: "x".repeat(1_000 - overhead) })).toHaveLength(
    1_000 - overhead,
  );
  await expect(server.run("limits:echo", { text: "x".repeat(1_001 - overhead) })).rejects.toThrow(
    "Arguments for limits.js:echo are too large (actual: 1001 B, limit: 1000 B)",
  );
  // Two characters of JSON are nine bytes.
  await expect(server.run("limits:echo", { text: Array.from({ length: 120 }, () => 1) })).rejects.toThrow(
    "too large",
  );
  expect(await server.run("limits:make", { bytes: 1_000 })).toHaveLength(1_000);
  await expect(server.run("limits:make", { bytes: 1_001 })).rejects.toThrow(
    "Function limits.js:make return value is too large (actual: 1003 B, limit: 1002 B)",
  );
});

test("sizes are formatted like on Convex", () => {
  expect([16 << 20, 17_301_504, 9_000_000, 1_500, 1_000].map(humanBytes)).toEqual([
    "16 MiB",
    "16.5 MiB",
    "8.58 MiB",
    "1.46 KiB",
    "1000 B",
  ]);
});

test("an action runs eight calls at a time, and further calls wait", async () => {
  const server = await rules();
  expect(await server.run("limits:together", { count: 20 })).toBe(8);
});
