import { describe, expect, expectTypeOf, test } from "vitest";
import { internal } from "../../_generated/api";
import { newApiKey } from "../../identity/apiKey.lib";
import { as, run, settle, useEngine, type Call } from "../testing/engine.testing";
import { json, nextOf, page, problem, type Json } from "../testing/replies.testing";
import { toUser } from "../../views/user.lib";
import type { Shape } from "../kit/contract.kit";
import type { User } from "./users.contract";

useEngine();

let last = 0;
/** Returns an unused email. */
const fresh = () => `user${++last}@Example.com`;

async function created(call: Call, body: Json): Promise<{ user: Json; path: string; etag: string }> {
  const reply = await call("POST", "/api/users", body);
  return {
    user: await json(reply, 201),
    path: reply.headers.get("location") ?? "",
    etag: reply.headers.get("etag") ?? "",
  };
}

describe("creating and reading", () => {
  test("a created user can be fetched at its Location and has only the documented fields", async () => {
    const call = await as("root");
    const email = fresh();
    const { user, path, etag } = await created(call, { email, name: " Grace Hopper " });
    expect(user).toEqual({
      id: expect.any(String) as string,
      email,
      name: "Grace Hopper",
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    });
    expect(path).toBe(`/api/users/${String(user["id"])}`);
    const fetched = await call("GET", path);
    expect(await json(fetched)).toEqual(user);
    expect(fetched.headers.get("etag")).toBe(etag);
  });

  test("any key with the scope can read every user", async () => {
    const { path } = await created(await as("root"), { email: fresh(), name: "Grace" });
    await json((await as("reader", ["users:read"]))("GET", path));
  });

  test.each([
    "",
    "ada",
    "ada@",
    "@example.com",
    "a b@example.com",
    "ada@example",
    "ada@-x.com",
    "ä@example.com",
  ])("the email %j is refused", async (email) => {
    const call = await as("root");
    const body = { email, name: "Ada" };
    const { detail } = await problem(call("POST", "/api/users", body), 400, "invalid_request");
    expect(detail).toBe("email: must be an email address");
  });
});

describe("an email is unique in any letter case", () => {
  test("for a new user", async () => {
    const call = await as("root");
    const email = fresh();
    await created(call, { email, name: "First" });
    for (const taken of [email, email.toUpperCase(), email.toLowerCase()])
      await problem(call("POST", "/api/users", { email: taken, name: "Second" }), 409, "conflict");
  });

  test("for a changed user, who may change the case of the own email", async () => {
    const call = await as("root");
    const [first, second] = [fresh(), fresh()];
    await created(call, { email: first, name: "First" });
    const { path, user } = await created(call, { email: second, name: "Second" });
    await problem(call("PATCH", path, { email: first.toUpperCase() }), 409, "conflict");
    expect(await json(call("GET", path))).toEqual(user);
    const email = second.toUpperCase();
    expect(await json(call("PATCH", path, { email }))).toMatchObject({ email, name: "Second" });
  });

  test("for concurrent requests: one of them succeeds", async () => {
    const call = await as("root");
    const email = fresh();
    const replies = await Promise.all(
      [email, email.toUpperCase(), email.toLowerCase()].map((one) =>
        call("POST", "/api/users", { email: one, name: "Twin" }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  test("the old email of a deleted or changed user can be used again", async () => {
    const call = await as("root");
    const [email, other] = [fresh(), fresh()];
    const first = await created(call, { email, name: "First" });
    await json(call("PATCH", first.path, { email: other }));
    const second = await created(call, { email, name: "Second" });
    expect((await call("DELETE", second.path)).status).toBe(204);
    await created(call, { email, name: "Third" });
  });
});

describe("conditional requests", () => {
  test("If-None-Match returns 304, and If-Match returns 412 for an old revision", async () => {
    const call = await as("root");
    const { path, etag } = await created(call, { email: fresh(), name: "Grace" });
    for (const held of [etag, `W/${etag}`, "*"]) {
      const reply = await call("GET", path, undefined, { "If-None-Match": held });
      expect([reply.status, await reply.text()]).toEqual([304, ""]);
    }
    await json(call("PATCH", path, { name: "Hopper" }, { "If-Match": etag }));
    for (const past of [etag, 'W/"2"']) {
      const headers = { "If-Match": past };
      await problem(call("PATCH", path, { name: "late" }, headers), 412, "precondition_failed");
      await problem(call("DELETE", path, undefined, headers), 412, "precondition_failed");
    }
    expect(await json(call("GET", path))).toMatchObject({ name: "Hopper" });
    expect((await call("DELETE", path, undefined, { "If-Match": "*" })).status).toBe(204);
  });

  test("one of two concurrent changes to the same revision succeeds", async () => {
    const call = await as("root");
    const { path, etag } = await created(call, { email: fresh(), name: "Grace" });
    const replies = await Promise.all(
      ["A", "B"].map((name) => call("PATCH", path, { name }, { "If-Match": etag })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 412]);
  });
});

describe("the list", () => {
  test("is in pages, newest first, even if users are created between the pages", async () => {
    const call = await as("root");
    const emails: unknown[] = [];
    for (let n = 0; n < 5; n++)
      emails.unshift((await created(call, { email: fresh(), name: "x" })).user["email"]);
    const seen: unknown[] = [];
    let path: string | undefined = "/api/users?limit=2";
    while (path !== undefined) {
      const response: Response = await call("GET", path);
      path = nextOf(response);
      seen.push(...(await page(response)).map(({ email }) => email));
      await created(call, { email: fresh(), name: "late" });
    }
    expect(seen.slice(0, 5)).toEqual(emails);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe("deleting", () => {
  test("a deleted user returns 404, and the user's keys are refused at once", async () => {
    const [root, leaver, other] = [await as("root"), await as("leaver"), await as("leaver", ["keys:read"])];
    const path = `/api/users/${leaver.userId}`;
    await json(leaver("GET", "/api/keys"));
    const deleted = await root("DELETE", path);
    expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
    for (const call of [leaver, other]) await problem(call("GET", "/api/keys"), 403, "invalid_credential");
    for (const method of ["GET", "DELETE"]) await problem(root(method, path), 404, "not_found");
  });

  test("a key cannot be created for a user that is being deleted", async () => {
    const [root, leaver] = [await as("root"), await as("outlived")];
    expect((await root("DELETE", `/api/users/${leaver.userId}`)).status).toBe(204);
    // Simulates a request that was admitted before the deletion.
    const { key: _, ...fresh } = await newApiKey();
    const caller = { userId: leaver.userId, scopes: ["*"], credential: `user:${leaver.userId}` };
    const made = run("mutation", internal.apiKeys.create, {
      caller,
      name: "late",
      scopes: ["*"],
      ...fresh,
    });
    await expect(made).rejects.toThrow();
  });

  test("all keys of the user are deleted in several batches, and other users' keys stay", async () => {
    const [root, leaver, stayer] = [await as("root"), await as("hoarder"), await as("stayer")];
    const caller = { userId: leaver.userId, scopes: [], credential: `user:${leaver.userId}` };
    const fields = { caller, name: "hoarded", scopes: ["jobs:read"] };
    for (let n = 0; n < 200; n++) {
      const { publicId, hash } = await newApiKey();
      await run("mutation", internal.apiKeys.create, { ...fields, publicId, hash });
    }
    expect((await root("DELETE", `/api/users/${leaver.userId}`)).status).toBe(204);

    await settle();
    const left = { ownerId: leaver.userId, limit: 1 };
    expect((await run("query", internal.apiKeys.list, left)).docs).toEqual([]);
    expect(await json(stayer("GET", "/api/protected"))).toMatchObject({ name: "stayer" });
  });

  test("a user may delete itself", async () => {
    const call = await as("quitter");
    expect((await call("DELETE", `/api/users/${call.userId}`)).status).toBe(204);
    await problem(call("GET", "/api/user"), 401, "unauthenticated");
    await problem(call("GET", "/api/protected"), 403, "invalid_credential");
  });
});

test("events have the shape that the contract declares", () => {
  expectTypeOf(toUser).returns.toExtend<Shape<typeof User>>();
});
