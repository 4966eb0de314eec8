/** A data directory that is read-only, at the start or later. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspect } from "../../../packages/convex-embedded/fixtures/inspect";
import { caller } from "../client";
import { readOnly } from "./mounts";
import { temporaryDirectory } from "../../lib/testServer";
import { refusedStart, startServer } from "../server";

const NEEDS = "needs the right to mount a file system";

test("a start in a read-only directory is refused in one line", async ({ skip }) => {
  const data = join(temporaryDirectory(), "data");
  const server = await startServer({ data });
  expect((await server.stop()).code).toBe(0);
  const makeWritable = readOnly(data);
  if (makeWritable === null) return skip(NEEDS);
  const { status, printed } = await refusedStart({ data });
  expect(status).toBe(1);
  expect(printed).toMatch(
    /^The data directory \S+ cannot be written: .*\. Make it writable for this process, or choose another data directory\.$/,
  );
  makeWritable();
  expect(inspect(data).problems).toEqual([]);
  await startServer({ data });
});

test("a start is refused in one line if the data directory cannot be created", async ({ skip }) => {
  const parent = temporaryDirectory();
  if (readOnly(parent) === null) return skip(NEEDS);
  const { status, printed } = await refusedStart({ data: join(parent, "data") });
  expect(status).toBe(1);
  expect(printed).toMatch(/^The data directory \S+ cannot be created: .*\. Choose another directory\.$/);
});

test("uploads get 503 while the directory is read-only, and work again when it is writable", async ({
  skip,
}) => {
  const data = join(temporaryDirectory(), "data");
  const server = await startServer({ data });
  const call = caller(server.url, server.key);
  const before = await call("POST", "/api/items", { name: "before" });
  const makeWritable = readOnly(data);
  if (makeWritable === null) return skip(NEEDS);
  const upload = await call("POST", "/api/upload", randomBytes(50_000));
  expect([upload.status, upload.json["code"]]).toEqual([503, "unavailable"]);
  expect((await call("GET", `/api/items/${String(before.json["id"])}`)).json).toEqual(before.json);
  makeWritable();
  expect((await call("POST", "/api/upload", randomBytes(50_000))).status).toBe(200);
  expect((await call("POST", "/api/items", { name: "after" })).status).toBe(201);
  expect((await server.stop()).code).toBe(0);
  const { problems, orphans, files } = inspect(data);
  expect([problems, orphans, files.size]).toEqual([[], [], 1]);
});
