import { describe, expect, test } from "vitest";
import { internal } from "../../_generated/api";
import { newApiKey } from "../../identity/apiKey.lib";
import { as, run, send, useEngine } from "../testing/engine.testing";
import { json, mistyped, problem } from "../testing/replies.testing";

useEngine();

const withKey = (key: string) => send("/api/protected", { headers: { "X-API-Key": key } });
const bearing = (authorization: string, path = "/api/user") =>
  send(path, { headers: { Authorization: authorization } });

describe("GET /api/protected", () => {
  test("returns the key's data and its owner without secrets", async () => {
    const call = await as("ada", ["files:read", "jobs:read"]);
    expect(await json(withKey(call.key))).toEqual({
      id: expect.any(String) as string,
      name: "ada",
      scopes: ["files:read", "jobs:read"],
      owner: {
        id: call.userId,
        email: "ada@example.com",
        name: "ada",
        createdAt: expect.stringMatching(/Z$/) as string,
      },
    });
  });

  test("returns the expiry of a key that has one", async () => {
    const call = await as("ada");
    const expiresAt = "2099-01-31T12:00:00.000Z";
    const body = { name: "dated", scopes: ["jobs:read"], expiresAt: "2099-01-31T13:00:00+01:00" };
    const { key } = await json(call("POST", "/api/keys", body), 201);
    expect(await json(withKey(String(key)))).toMatchObject({ expiresAt });
  });

  test("accepts only X-API-Key", async () => {
    const { key } = await as("ada");
    for (const reply of [send("/api/protected"), bearing(`Bearer ${key}`, "/api/protected"), withKey("")]) {
      const { detail } = await problem(reply, 401, "unauthenticated");
      expect(detail).toBe("Missing API key");
    }
    await json(withKey(` ${key} `));
  });

  test("refuses an invalid key: Invalid API key", async () => {
    const { key } = await as("ada");
    for (const wrong of ["x", mistyped(key), key.toUpperCase(), `${key}x`, (await newApiKey()).key]) {
      const reply = await withKey(wrong);
      expect(reply.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
      expect((await problem(reply, 403, "invalid_credential")).detail).toBe("Invalid API key");
    }
  });
});

describe("GET /api/user", () => {
  test("returns a key's owner with the ETag of the user", async () => {
    const call = await as("ada", ["users:read"]);
    const reply = await bearing(`Bearer ${call.key}`);
    const user = await call("GET", `/api/users/${call.userId}`);
    expect(await json(reply)).toEqual(await json(user));
    const etag = reply.headers.get("etag") ?? "";
    expect(etag).toBe(user.headers.get("etag"));
    const headers = { Authorization: `Bearer ${call.key}`, "If-None-Match": etag };
    expect((await send("/api/user", { headers })).status).toBe(304);
  });

  test.each(["bearer", "BEARER", "Bearer  "])("accepts the scheme %j", async (scheme) => {
    await json(bearing(`${scheme} ${(await as("ada")).key}`));
  });

  test("accepts only the Authorization header", async () => {
    const { key } = await as("ada");
    const replies = [
      send("/api/user"),
      send("/api/user", { headers: { "X-API-Key": key } }),
      ...["Basic YWRhOmFkYQ==", "Bearer", "Bearer ", key, `Bearer ${key} ${key}`].map((one) => bearing(one)),
    ];
    for (const reply of replies) {
      const { detail } = await problem(reply, 401, "unauthenticated");
      expect(detail).toBe("Missing or invalid Authorization header");
    }
  });

  test("refuses an invalid key or token: Invalid token", async () => {
    const { key } = await as("ada");
    const jwt = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.";
    for (const wrong of ["x", jwt, mistyped(key), (await newApiKey()).key])
      expect((await problem(bearing(`Bearer ${wrong}`), 403, "invalid_credential")).detail).toBe(
        "Invalid token",
      );
  });
});

/** Returns one header line for each credential. */
const lines = (name: string, texts: readonly string[]): [string, string][] =>
  texts.map((text) => [name, name === "Authorization" ? `Bearer ${text}` : text]);

describe("two credentials in one request", () => {
  test("are refused if they differ, even if one of them is valid", async () => {
    const [ada, eve] = [await as("ada"), await as("eve")];
    for (const [key, bearer] of [
      [ada.key, eve.key],
      [ada.key, "x"],
      ["x", ada.key],
    ] as const) {
      for (const path of ["/api/keys", "/api/user", "/api/protected"]) {
        const headers = { "X-API-Key": key, Authorization: `Bearer ${bearer}` };
        const { errors } = await problem(send(path, { headers }), 400, "invalid_request");
        expect(errors).toMatchObject([{ in: "header", path: "Authorization" }]);
      }
    }
  });

  test.each(["X-API-Key", "Authorization"])(
    "are refused if they differ, in two lines of %s",
    async (name) => {
      const [ada, eve] = [await as("ada"), await as("eve")];
      for (const texts of [
        [ada.key, eve.key],
        [ada.key, "x"],
        ["x", ada.key],
      ]) {
        for (const path of ["/api/keys", "/api/user", "/api/protected"]) {
          const { errors } = await problem(
            send(path, { headers: lines(name, texts) }),
            400,
            "invalid_request",
          );
          expect(errors).toMatchObject([{ in: "header", path: name }]);
        }
      }
    },
  );

  test("are accepted if they are equal", async () => {
    const { key } = await as("ada");
    const headers = { "X-API-Key": key, Authorization: `Bearer ${key}` };
    for (const path of ["/api/keys", "/api/user", "/api/protected"])
      expect((await send(path, { headers })).status).toBe(200);
    for (const name of ["X-API-Key", "Authorization"])
      expect((await send("/api/keys", { headers: lines(name, [key, key]) })).status).toBe(200);
  });

  test("an empty header line, or one with another scheme, does not count as a credential", async () => {
    const { key } = await as("ada");
    const basic = lines("Authorization", [key]).concat([["Authorization", "Basic YWRhOng="]]);
    for (const headers of [lines("X-API-Key", ["", key]), basic])
      expect((await send("/api/keys", { headers })).status).toBe(200);
  });
});

describe("keys that an operator issues", () => {
  test("belong to the user with the email, in any letter case, who is created if missing", async () => {
    const issue = (email: string) =>
      run("action", internal.apiKeys.issue, { name: "first", scopes: ["*"], email });
    const [first, second, other] = [
      await issue("Grace@Example.com"),
      await issue("grace@example.COM"),
      await issue("hopper@example.com"),
    ];
    expect(second.userId).toBe(first.userId);
    expect(other.userId).not.toBe(first.userId);
    const { owner } = await json(withKey(second.key));
    expect(owner).toMatchObject({ id: first.userId, email: "Grace@Example.com" });
  });

  test.each([
    [{ scopes: ["jobs:fly"] }, "scopes: there is no scope jobs:fly"],
    [{ scopes: [] }, "scopes: must not be empty"],
    [{ name: " " }, "name: must not be empty"],
    [{ email: "nobody" }, "email: must be an email address"],
  ])("%j is refused: %s", async (wrong, message) => {
    const args = { name: "first", scopes: ["*"], email: "grace@example.com", ...wrong };
    await expect(run("action", internal.apiKeys.issue, args)).rejects.toThrow(message);
  });
});
