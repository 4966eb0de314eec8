/** The quotas of an owner: keys, files and stored bytes. The first key of each owner, which an operator issued, counts too. */
import { describe, expect, test } from "vitest";
import { internal } from "../_generated/api";
import { as, run, send, settle, useEngine, type Call } from "./testing/engine.testing";
import { mint, newKey } from "./testing/keys.testing";
import { json, page, problem } from "./testing/replies.testing";

const statuses = (replies: Response[]) => replies.map(({ status }) => status);
const count = <T>(list: readonly T[], value: T) => list.filter((one) => one === value).length;
const refused = async (reply: Promise<Response>) => (await problem(reply, 403, "quota_exceeded")).detail;
const create = (call: Call, headers?: Record<string, string>) => call("POST", "/api/keys", newKey(), headers);

async function upload(call: Call, bytes: number): Promise<Response> {
  const headers = { "X-API-Key": call.key, "Content-Type": "text/plain" };
  return send("/api/upload", { method: "POST", headers, body: "x".repeat(bytes) });
}

describe("with limits", () => {
  useEngine({ env: { QUOTA_FILES: "3", QUOTA_FILE_BYTES: "1000", QUOTA_KEYS: "4" } });

  test("of 20 concurrent requests, as many succeed as the quota allows", async () => {
    const call = await as("crowd");
    const replies = await Promise.all(Array.from({ length: 20 }, () => create(call)));
    expect([count(statuses(replies), 201), count(statuses(replies), 403)]).toEqual([3, 17]);
    expect(await page(call("GET", "/api/keys?limit=100"))).toHaveLength(4);
  });

  test("the refusal names the quota, and another owner is not affected", async () => {
    const [full, other] = [await as("full"), await as("other")];
    for (let n = 0; n < 3; n++) await json(create(full), 201);
    expect(await refused(create(full))).toBe("An owner has at most 4 keys");
    await json(create(other), 201);
  });

  test("a revoked key gives its place back, once", async () => {
    const call = await as("revoker");
    const { path } = await mint(call, newKey());
    for (let n = 0; n < 2; n++) await json(create(call), 201);
    for (let n = 0; n < 2; n++) expect((await call("DELETE", path)).status).toBe(204);
    await json(create(call), 201);
    await refused(create(call));
  });

  test("a replay by Idempotency-Key takes nothing, also when the quota is used up", async () => {
    const call = await as("repeater");
    const once = { "Idempotency-Key": "one" };
    for (let n = 0; n < 3; n++) await json(create(call, once), 201);
    for (let n = 0; n < 2; n++) await json(create(call), 201);
    await json(create(call, once), 201);
    await refused(create(call));
  });

  test("files count, and a refused upload leaves no bytes and no file", async () => {
    const call = await as("uploader");
    for (let n = 0; n < 3; n++) expect((await upload(call, 10)).status).toBe(200);
    expect(await refused(upload(call, 10))).toBe("An owner has at most 3 files");
    expect(await refused(call("POST", "/api/upload-url"))).toBe("An owner has at most 3 files");
    const files = await page(call("GET", "/api/files"));
    expect(files).toHaveLength(3);
    expect((await call("DELETE", `/api/files/${String(files[0]?.["id"])}`)).status).toBe(204);
    expect((await call("POST", "/api/upload-url")).status).toBe(201);
    expect((await upload(call, 10)).status).toBe(200);
  });

  test("the bytes of all files count together", async () => {
    const call = await as("heavy");
    const large = await json(upload(call, 900));
    expect(await refused(upload(call, 101))).toBe("An owner stores at most 1000 bytes of files");
    expect((await upload(call, 100)).status).toBe(200);
    expect(await refused(call("POST", "/api/upload-url"))).toBe(
      "An owner stores at most 1000 bytes of files",
    );
    await call("DELETE", `/api/files/${String(large["id"])}`);
    expect((await upload(call, 900)).status).toBe(200);
  });

  test("a rotation needs no place without an overlap, and one with an overlap", async () => {
    const call = await as("holder");
    const { path } = await mint(call, newKey());
    for (let n = 0; n < 2; n++) await json(create(call), 201);
    expect(await refused(call("POST", `${path}/rotate`, { overlapSeconds: 60 }))).toBe(
      "An owner has at most 4 keys",
    );
    await json(call("POST", `${path}/rotate`));
    await refused(create(call));
    const [newest] = await page(call("GET", "/api/keys"));
    expect((await call("DELETE", `/api/keys/${String(newest?.["id"])}`)).status).toBe(204);
    await json(create(call), 201);
    await refused(create(call));
  });

  test("an operator may issue keys beyond the quota", async () => {
    for (let n = 0; n < 6; n++) await as("issued");
    await refused(create(await as("issued")));
  });

  test("deleting a user deletes the user's counts", async () => {
    const call = await as("leaver");
    for (let n = 0; n < 3; n++) await json(create(call), 201);
    await run("mutation", internal.users.erase, { userId: call.userId });
    await settle();
    await json(create(await as("leaver")), 201);
  });
});

describe("without limits", () => {
  useEngine({ env: { QUOTA_FILES: "0", QUOTA_FILE_BYTES: "0", QUOTA_KEYS: "0" } });

  test("0 allows any number", async () => {
    const call = await as("unlimited");
    for (let n = 0; n < 8; n++) {
      await json(create(call), 201);
      expect((await upload(call, 1000)).status).toBe(200);
    }
  });
});
