import { join } from "node:path";
import type { Value } from "convex/values";
import { convexToJson } from "convex/values";
import { expect, test } from "vitest";
import type { Ask } from "../../../fixtures/connector";
import { asker, Connector } from "../../../fixtures/connector";
import { ManualTime } from "../../../fixtures/manualTime";
import { below, randomOf, SEED } from "../../../fixtures/random";
import { serve, temporaryDirectory } from "../../../fixtures/serve";
import type { EmbeddedServer } from "../../server/server";

const PROJECT = join(import.meta.dirname, "../../../fixtures/exporting");
const COMPONENTS = ["", "part", "second"];
const TABLES = ["rows", "notes"];
const VALUES: readonly Value[] = [
  1n,
  "text",
  null,
  [1.5, -0, Infinity],
  new ArrayBuffer(2),
  { a: { b: NaN } },
];
/** For busy machines. */
const SLOW = { userMs: 60_000 };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface Exporting {
  readonly data: string;
  readonly server: () => EmbeddedServer;
  readonly ask: Ask;
  readonly restart: (options?: object) => Promise<void>;
}

async function exporting(options: object = {}): Promise<Exporting> {
  const data = temporaryDirectory();
  const start = async (more: object) =>
    (await serve({ project: PROJECT, data, streamingExport: true, limits: SLOW, ...options, ...more }))
      .server;
  let server = await start({});
  return {
    data,
    server: () => server,
    ask: asker(() => server),
    async restart(more = {}) {
      await server.close();
      server = await start(more);
    },
  };
}

/** Returns the documents of all components as the encoded export shows them, by component, table and id. */
async function documentsOf(server: EmbeddedServer): Promise<Map<string, unknown>> {
  const documents = new Map<string, unknown>();
  for (const component of COMPONENTS) {
    const tables = (await server.run("rows:all", {}, component)) as Record<string, { _id: string }[]>;
    for (const [table, rows] of Object.entries(tables)) {
      for (const row of rows) documents.set(`${component}/${table}/${row._id}`, convexToJson(row));
    }
  }
  return documents;
}

/** Returns a function that writes to random documents of a random component. Some of its mutations fail. */
function randomWriter({ server }: Exporting, seed: number): () => Promise<void> {
  const random = randomOf(seed);
  const pick = <T>(from: readonly T[]): T => from[below(random, from.length)] as T;
  return async () => {
    const operations = Array.from({ length: 1 + below(random, 6) }, () => ({
      table: pick(TABLES),
      kind: pick(["insert", "insert", "insert", "patch", "patch", "remove", "undone"]),
      at: random(),
      value: pick(VALUES),
    }));
    const writing = server().run("rows:write", { operations }, pick(COMPONENTS));
    if (operations.some(({ kind }) => kind === "undone")) await writing.catch(() => undefined);
    else await writing;
  };
}

const fill = (server: EmbeddedServer, count: number, component = "", table = "rows") =>
  server.run("rows:fill", { table, count }, component);

/** The message of a refusal, with its status and code. */
async function refusal(ask: Ask, path: string, body?: object): Promise<unknown> {
  const { status, body: refused } = await ask(path, body as Parameters<Ask>[1]);
  return [status, refused["code"], refused["message"]];
}

/** The status and the code of a refusal. */
async function codeOf(ask: Ask, path: string, body?: object): Promise<unknown> {
  return ((await refusal(ask, path, body)) as readonly unknown[]).slice(0, 2);
}

test("a connector that reads the snapshot and the deltas while others write has a copy of the database", async () => {
  const exported = await exporting();
  const write = randomWriter(exported, SEED);
  for (const component of COMPONENTS) await fill(exported.server(), 1_100, component);
  const connector = new Connector(exported.ask, async () => {
    for (let i = 0; i < 8; i++) await write();
  });
  await connector.readSnapshot();
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 40; i++) await write();
    if (round === 2) await exported.restart();
    // The last page must not be followed by writes.
    await connector.readDeltas(() => Promise.resolve());
    expect(connector.copy).toEqual(await documentsOf(exported.server()));
    await write();
  }
  let writes = 20;
  await connector.readDeltas(async () => {
    if (writes-- > 0) await write();
  });
  await connector.readDeltas(() => Promise.resolve());
  expect(connector.copy).toEqual(await documentsOf(exported.server()));
});

test("deltas have the latest state of each document once, deletions included, over several pages", async () => {
  const { server, ask } = await exporting();
  await fill(server(), 300);
  const connector = new Connector(ask);
  await connector.readSnapshot();
  expect(connector.copy.size).toBe(300);
  await server().run("rows:touch", { table: "rows" });
  await server().run("rows:touch", { table: "rows" });
  expect(await connector.readDeltas()).toBe(3);
  await server().run("rows:write", {
    operations: [{ table: "rows", kind: "remove", at: 0, value: null }],
  });
  const { body } = await ask("document_deltas", { cursor: connector.cursor });
  expect(body).toMatchObject({
    hasMore: false,
    values: [{ _deleted: true, _table: "rows", _component: "" }],
  });
  expect(Object.keys((body["values"] as object[])[0] ?? {}).toSorted()).toEqual([
    "_component",
    "_deleted",
    "_id",
    "_table",
    "_ts",
  ]);
  await connector.readDeltas();
  expect(connector.copy).toEqual(await documentsOf(server()));
});

test("data from before the option are exported, and a start without the option refuses older cursors later", async () => {
  const exported = await exporting({ streamingExport: false });
  const { ask, server, restart } = exported;
  await fill(server(), 5);
  expect(await refusal(ask, "list_snapshot", {})).toEqual([
    403,
    "StreamingExportNotEnabled",
    expect.stringContaining("--streaming-export"),
  ]);
  for (const path of ["document_deltas?cursor=1", "test_streaming_export_connection", "json_schemas"]) {
    expect(await codeOf(ask, path)).toEqual([403, "StreamingExportNotEnabled"]);
  }
  await restart({ streamingExport: true });
  const connector = new Connector(ask);
  await connector.readSnapshot();
  expect(connector.copy).toEqual(await documentsOf(server()));
  await restart({ streamingExport: false });
  await fill(server(), 1);
  await restart({ streamingExport: true });
  await expect(connector.readDeltas()).rejects.toThrow("InvalidWindowToReadDocuments");
  const again = new Connector(ask);
  await again.readSnapshot();
  expect(again.copy).toEqual(await documentsOf(server()));
});

test("changes are purged after two weeks, and a connector that paused for longer must begin again", async () => {
  const time = new ManualTime();
  const { clock, timers } = time;
  const { ask, server } = await exporting({ clock, timers });
  const paused = new Connector(ask);
  await fill(server(), 3);
  await paused.readSnapshot();
  const steady = new Connector(ask);
  await steady.readSnapshot();
  const remove = { operations: [{ table: "rows", kind: "remove", at: 0, value: null }] };
  time.pass(1);
  await server().run("rows:write", remove);
  await steady.readDeltas();
  time.pass(13 * DAY_MS);
  await server().run("rows:write", remove);
  await paused.readDeltas();
  expect(paused.copy).toEqual(await documentsOf(server()));
  const old = paused.cursor;
  time.pass(1);
  await server().run("rows:write", remove);
  await steady.readDeltas();
  time.pass(15 * DAY_MS);
  // The log is purged each hour.
  await expect
    .poll(() => {
      time.pass(HOUR_MS);
      return refusal(ask, "document_deltas", { cursor: old });
    })
    .toEqual([
      400,
      "InvalidWindowToReadDocuments",
      expect.stringMatching(
        /^Trying to synchronize from timestamp \d+, which is older than the database’s retention/,
      ),
    ]);
  expect(await codeOf(ask, "list_snapshot", { snapshot: old })).toEqual([400, "SnapshotTooOld"]);
  // A connector that has read all changes goes on.
  await fill(server(), 2);
  await steady.readDeltas();
  expect(steady.copy).toEqual(await documentsOf(server()));
  await server().close();
  expect(time.pending).toBe(0);
});

test("a selection chooses components, tables and columns", async () => {
  const { ask, server } = await exporting();
  for (const component of COMPONENTS) {
    for (const table of TABLES) await fill(server(), 1, component, table);
  }
  const selected = async (more: object): Promise<readonly string[]> => {
    const connector = new Connector(ask, undefined, { ...more });
    await connector.readSnapshot();
    return [...connector.copy.keys()].map((key) => key.replace(/\/[^/]*$/, "")).toSorted();
  };
  expect(await selected({})).toEqual(
    COMPONENTS.flatMap((component) => TABLES.map((table) => `${component}/${table}`)).toSorted(),
  );
  expect(await selected({ component: "part" })).toEqual(["part/notes", "part/rows"]);
  expect(await selected({ tableName: "rows" })).toEqual(["/rows"]);
  expect(await selected({ tableName: "notes", component: "second" })).toEqual(["second/notes"]);
  expect(
    await selected({
      selection: {
        _other: "included",
        part: "excluded",
        "": { _other: "excluded", notes: { _other: "incl" } },
      },
    }),
  ).toEqual(["/notes", "second/notes", "second/rows"]);
  const columns = { rows: { _other: "excluded", _id: "included", value: "included" }, _other: "excluded" };
  const { body } = await ask("list_snapshot", { selection: { "": columns, _other: "excluded" } });
  expect(body["values"]).toEqual([
    {
      _component: "",
      _table: "rows",
      _ts: expect.any(String) as string,
      _id: expect.any(String) as string,
      value: 0,
    },
  ]);
  for (const selection of [
    { "": "included", _other: "excluded" },
    { "": { rows: { _other: "excluded" }, _other: "excluded" }, _other: "excluded" },
    { _other: "perhaps" },
    "everything",
  ]) {
    expect(await codeOf(ask, "list_snapshot", { selection })).toEqual([400, "InvalidSelection"]);
  }
});

test("documents have the requested format", async () => {
  const { ask, server } = await exporting();
  const value = [1n, -0, Infinity, 2, new ArrayBuffer(1), { s: "t", n: null, b: true }];
  await server().run("rows:write", { operations: [{ table: "rows", kind: "insert", at: 0, value }] });
  const { apiUrl, adminKey } = server();
  const exportedAs = async (format: string) => {
    const headers = { authorization: `Convex ${adminKey}` };
    const text = await (await fetch(`${apiUrl}/api/list_snapshot${format}`, { headers })).text();
    return /"value":(\[.*?\])\}/.exec(text)?.[1];
  };
  const clean = '["1",-0.0,"Infinity",2,"AA==",{"b":true,"n":null,"s":"t"}]';
  expect(await exportedAs("")).toBe(clean);
  expect(await exportedAs("?format=json")).toBe(clean);
  expect(await exportedAs("?format=export_json")).toBe(
    '[1,-0.0,{"$float":"AAAAAAAA8H8="},2.0,{"$bytes":"AA=="},{"b":true,"n":null,"s":"t"}]',
  );
  expect(JSON.parse((await exportedAs("?format=convex_encoded_json")) ?? "")).toEqual(convexToJson(value));
  expect(await refusal(ask, "list_snapshot?format=xml")).toEqual([
    400,
    "BadFormat",
    "format param must be one of [`json`]. Got xml",
  ]);
});

test("invalid cursors and timestamps are refused", async () => {
  const { ask, server } = await exporting();
  await fill(server(), 1);
  const future = "9000000000000000000";
  expect(await refusal(ask, "document_deltas")).toEqual([
    400,
    "DocumentDeltasCursorRequired",
    "/api/document_deltas requires a cursor",
  ]);
  expect(await codeOf(ask, "document_deltas", { cursor: future })).toEqual([
    400,
    "InvalidWindowToReadDocuments",
  ]);
  expect(await refusal(ask, "list_snapshot", { snapshot: future })).toEqual([
    400,
    "SnapshotTooNew",
    `Snapshot value ${future} is in the future.`,
  ]);
  expect(await codeOf(ask, "list_snapshot", { snapshot: 1 })).toEqual([400, "SnapshotTooOld"]);
  for (const cursor of ["", "x", "{}", '{"tablet":"1"}', '{"tablet":"1","id":"x"}', '{"tablet":1,"id":""}']) {
    expect(await codeOf(ask, "list_snapshot", { cursor })).toEqual([400, "InvalidListSnapshotCursor"]);
  }
  for (const cursor of ["x", -1, 1.5, true, {}]) {
    expect(await codeOf(ask, "document_deltas", { cursor })).toEqual([400, "BadJsonBody"]);
  }
  const { apiUrl } = server();
  for (const path of ["list_snapshot", "document_deltas", "json_schemas", "get_table_column_names"]) {
    expect((await fetch(`${apiUrl}/api/${path}`)).status).toBe(403);
  }
});

test("connectors can test the connection, and read columns and schemas of all tables", async () => {
  const { ask, server } = await exporting();
  await server().run(
    "rows:write",
    { operations: VALUES.map((value) => ({ table: "rows", kind: "insert", at: 0, value })) },
    "part",
  );
  expect(await ask("test_streaming_export_connection")).toEqual({ status: 200, body: null });
  expect((await ask("get_table_column_names")).body).toEqual({
    byComponent: { part: [{ name: "rows", columns: ["_creationTime", "_id", "value"] }] },
  });
  const { body } = await ask("json_schemas?deltaSchema=true&byComponent=true&format=json");
  expect(body).toMatchObject({
    "": {},
    second: {},
    part: {
      rows: {
        $schema: "http://json-schema.org/draft-07/schema#",
        type: "object",
        additionalProperties: false,
        required: ["_creationTime", "_id", "value"],
        properties: {
          _id: { $description: "Id(rows)", type: "string" },
          _creationTime: { type: "number" },
          _ts: { type: "integer" },
          _deleted: { type: "boolean" },
          value: { anyOf: expect.arrayContaining([{ type: "null" }, { type: "string" }]) as unknown },
        },
      },
    },
  });
  expect(Object.keys((await ask("json_schemas")).body)).toEqual(["rows"]);
});
