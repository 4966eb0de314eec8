import { describe, expect, test, vi } from "vitest";
import { internal } from "../../_generated/api";
import type { LogLine } from "../../../packages/convex-embedded/src/exec/logLine";
import { as, now, onlyOn, run, send, sendWithToken, useEngine } from "../testing/engine.testing";
import { startEmbedded } from "../testing/engines/embedded.testing";
import { withBearer } from "../testing/engines/engine.testing";
import { openIssuers, type Claims } from "../testing/issuers.testing";
import { newKey } from "../testing/keys.testing";
import { json, problem, type Json } from "../testing/replies.testing";

useEngine();

const me = (claims: Claims) => sendWithToken(claims, "/api/user");
const post = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
});

describe("a valid token", () => {
  test("creates a user from its claims on the first request and finds the user on the next", async () => {
    const claims = { sub: "first", email: "First@example.com", name: "First Visitor" };
    const user = await json(me(claims));
    expect(user).toMatchObject({ email: "First@example.com", name: "First Visitor" });
    expect(await json(me(claims))).toEqual(user);
    expect(await json(me({ sub: "first" }))).toEqual(user);
  });

  test("has the scopes of its user, which by default cover only the user's own resources", async () => {
    const claims = { sub: "scoped", email: "scoped@example.com", email_verified: true };
    await json(sendWithToken(claims, "/api/keys", post(newKey())), 201);
    const refused = await problem(sendWithToken(claims, "/api/users"), 403, "insufficient_scope");
    expect(refused.detail).toContain("users:read");
    await run("mutation", internal.users.setScopes, { email: "scoped@example.com", scopes: ["users:read"] });
    expect((await sendWithToken(claims, "/api/users")).status).toBe(200);
    await problem(sendWithToken(claims, "/api/keys"), 403, "insufficient_scope");
  });

  test("of another issuer with the same subject is a different user", async () => {
    const one = await json(me({ sub: "same" }));
    const other = await json(me({ sub: "same", issuer: "clerk" }));
    expect(other["id"]).not.toBe(one["id"]);
    expect(other["clerkId"]).toBe("same");
  });

  test("is refused on a route that requires a key", async () => {
    await problem(sendWithToken({ sub: "first" }, "/api/protected"), 401, "unauthenticated");
  });

  test("has its own idempotency keys", async () => {
    const create = (sub: string) =>
      sendWithToken({ sub }, "/api/keys", {
        ...post(newKey("once")),
        headers: { "Content-Type": "application/json", "Idempotency-Key": "token" },
      });
    const [mine, again, theirs] = [await create("first"), await create("first"), await create("scoped-not")];
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(theirs.headers.get("location")).not.toBe(mine.headers.get("location"));
  });
});

describe("joining an existing user by email", () => {
  test("requires an email that the issuer has verified, and ignores its letter case", async () => {
    const known = await as("joiner");
    const user = await json(me({ sub: "joiner", email: "JOINER@example.com", email_verified: true }));
    expect(user["id"]).toBe(known.userId);
  });

  test("does not match a look-alike address: the Kelvin sign differs from k", async () => {
    const kate = await as("kate");
    const kelvin = await json(me({ sub: "kelvin", email: "\u212aate@example.com", email_verified: true }));
    expect(kelvin["id"]).not.toBe(kate.userId);
    expect(kelvin["email"]).toMatch(/@no-email\.invalid$/);
    expect(await json(me({ sub: "kate", email: "KATE@example.com", email_verified: true }))).toMatchObject({
      id: kate.userId,
      email: "kate@example.com",
    });
  });

  test("does not match a look-alike address in an event of Clerk", async () => {
    const kim = await as("kim");
    const address = {
      id: "a",
      email_address: "\u212aim@example.com",
      verification: { status: "verified" },
    };
    const data = { id: "user_kim", email_addresses: [address], primary_email_address_id: "a" };
    const payload = JSON.stringify({ data });
    const event = { eventId: "evt_kim", type: "user.created", time: now(), payload };
    await run("mutation", internal.webhooks.clerkEffects.handle, event);
    const clerks = await json(me({ sub: "user_kim", issuer: "clerk" }));
    expect(clerks["id"]).not.toBe(kim.userId);
    expect(clerks["email"]).toBe("user_kim@no-email.invalid");
  });

  test.each([{}, { email_verified: false }])("is refused with %j", async (claim) => {
    await as("victim");
    await problem(me({ sub: "thief", email: "victim@example.com", ...claim }), 403, "invalid_credential");
  });

  test("is refused for a user of another issuer", async () => {
    await json(me({ sub: "owner", email: "taken@example.com", email_verified: true }));
    const claims = {
      sub: "second",
      email: "taken@example.com",
      email_verified: true,
      issuer: "clerk",
    } as const;
    await problem(me(claims), 403, "invalid_credential");
  });

  test("is refused for a user with another Clerk id, because an email can change its owner", async () => {
    const version = { time: 0, rank: 0, eventId: "moved" };
    const user = { name: "Moved", email: "moved@example.com", emailVerified: true, version };
    await run("mutation", internal.users.create, { ...user, clerkId: "user_before" });
    const claims = { sub: "user_now", email: "moved@example.com", email_verified: true } as const;
    await problem(me({ ...claims, issuer: "clerk" }), 403, "invalid_credential");
  });

  test("is refused for a user of another issuer, by token and by an event of Clerk", async () => {
    const version = { time: 0, rank: 0, eventId: "linked" };
    const event = (clerkId: string, email: string) =>
      run("mutation", internal.users.create, { clerkId, name: "C", email, emailVerified: true, version });
    await event("user_listed", "listed@example.com");
    await problem(
      me({ sub: "listed", email: "listed@example.com", email_verified: true }),
      403,
      "invalid_credential",
    );

    const user = await json(me({ sub: "visitor", email: "visitor@example.com", email_verified: true }));
    await expect(event("user_visitor", "visitor@example.com")).rejects.toThrow();
    expect(await json(me({ sub: "visitor" }))).toEqual(user);
  });

  test("links the user to Clerk, and a deletion in Clerk then deletes the user", async () => {
    const known = await as("enlisted");
    const claims = { sub: "user_enlisted", issuer: "clerk", email: "enlisted@example.com" } as const;
    const user = await json(me({ ...claims, email_verified: true }));
    expect(user).toMatchObject({ id: known.userId, clerkId: "user_enlisted" });
    await run("mutation", internal.users.remove, { clerkId: "user_enlisted" });
    await problem(me(claims), 403, "invalid_credential");
  });
});

describe("an email that the issuer has not verified", () => {
  test.each([{}, { email_verified: false }])(
    "belongs to its user until another user verifies it (%j)",
    async (claim) => {
      const email = `claimed-${String(claim.email_verified)}@example.com`;
      const squatter = { sub: email, email, name: "S", ...claim };
      const { id } = await json(me(squatter));
      const owner = await json(me({ sub: `${email} owner`, email, email_verified: true }));
      expect(owner["id"]).not.toBe(id);
      expect(owner["email"]).toBe(email);
      expect(await json(me(squatter))).toMatchObject({ id, email: `${String(id)}@no-email.invalid` });
      await problem(me({ sub: "another squatter", email, ...claim }), 403, "invalid_credential");
    },
  );

  test("cannot be used by an operator to issue a key or set scopes until it is confirmed", async () => {
    const email = "granted@example.com";
    const { id } = await json(me({ sub: "granted", email }));
    const issue = () => run("action", internal.apiKeys.issue, { name: "k", scopes: ["*"], email });
    const grant = () => run("mutation", internal.users.setScopes, { email, scopes: ["*"] });
    for (const give of [issue, grant]) await expect(give()).rejects.toThrow("no issuer has verified");
    await json((await as("root"))("PATCH", `/api/users/${String(id)}`, { email }));
    expect((await issue()).userId).toBe(id);
    expect((await grant())._id).toBe(id);
  });

  test("can be verified later, and is then removed from a user who only claimed it", async () => {
    const claims = { sub: "later", email: "later@example.com" };
    const { id } = await json(me({ ...claims, email: "other@example.com" }));
    const claimant = { ...claims, sub: "claimant" };
    await json(me(claimant));
    const proved = { id, email: "later@example.com" };
    expect(await json(me({ ...claims, email_verified: true }))).toMatchObject(proved);
    expect(await json(me({ sub: "later" }))).toMatchObject(proved);
    expect((await json(me(claimant)))["email"]).toMatch(/@no-email\.invalid$/);

    const late = { sub: "too-late", email: "mine@example.com" };
    const user = await json(me(late));
    await as("too-late");
    expect(await json(me({ ...late, email: "too-late@example.com", email_verified: true }))).toEqual(user);
  });
});

describe("an invalid email or name counts as absent", () => {
  test("several users of one issuer can have no email", async () => {
    const users: Json[] = [];
    for (const email of [undefined, "", " ", "", "nobody"]) {
      const claims = {
        sub: `without ${users.length}`,
        email_verified: true,
        ...(email !== undefined && { email }),
      };
      users.push(await json(me(claims)));
      expect(await json(me(claims))).toEqual(users.at(-1));
    }
    expect(new Set(users.map(({ id }) => id)).size).toBe(5);
    expect(new Set(users.map(({ email }) => email)).size).toBe(5);
  });

  test.each(["", " ", "nobody", "a@b", "a b@example.com"])("the email %j", async (email) => {
    const user = await json(me({ sub: `email ${email}`, email, email_verified: true, name: "N" }));
    expect(user["email"]).toMatch(/@no-email\.invalid$/);
  });

  test("a blank name is replaced with the local part of the email", async () => {
    const claims = { sub: "blank", email: "blank.name@example.com", name: " " };
    expect(await json(me(claims))).toMatchObject({ name: "blank.name" });
  });
});

describe("a token is invalid if a claim has a control character or a lone surrogate", () => {
  const BAD = ["a\ud800", "\udfffa", "a\0b", "a\u0007b", "a\u009fb"];
  const CLAIMS = ["sub", "email", "name"] as const;

  test.each(CLAIMS.flatMap((claim) => BAD.map((bad) => [claim, bad] as const)))(
    "%s: %j",
    async (claim, bad) => {
      const claims = { sub: "text", email: "text@example.com", name: "T", [claim]: bad };
      const refused = await problem(me(claims), 403, "invalid_credential");
      expect(refused.detail).toBe("Invalid token");
    },
  );
});

test("a Clerk token does not create a deleted user again", async () => {
  const claims = { sub: "user_gone", issuer: "clerk", email: "gone@example.com" } as const;
  const { id } = await json(me(claims));
  const root = await as("root");
  expect((await root("DELETE", `/api/users/${String(id)}`)).status).toBe(204);
  await problem(me(claims), 403, "invalid_credential");
});

describe("an invalid token", () => {
  test.each(["x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0.", `a.${"x".repeat(9000)}.c`])(
    "%s is refused",
    async (token) => {
      const refused = await send("/api/user", { headers: { Authorization: `bearer ${token}` } });
      expect(refused.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
      expect((await problem(refused, 403, "invalid_credential")).detail).toBe("Invalid token");
    },
  );

  onlyOn(
    "embedded",
    "the mock verifies no token",
    "with a wrong signature, time, audience or issuer is refused",
    async () => {
      const foreign = await openIssuers();
      const seconds = Math.floor(Date.now() / 1000);
      try {
        const tokens = [
          await foreign.token({ sub: "root", email: "root@example.com", email_verified: true }),
        ];
        for (const token of tokens) {
          const reply = send("/api/user", { headers: { Authorization: `Bearer ${token}` } });
          expect((await problem(reply, 403, "invalid_credential")).detail).toBe("Invalid token");
        }
      } finally {
        foreign.close();
      }
      const wrong: (Claims & Record<string, unknown>)[] = [
        { sub: "late", exp: seconds - 3600 },
        { sub: "early", nbf: seconds + 3600 },
        { sub: "elsewhere", aud: "another" },
        { sub: "forged", iss: "https://issuer.example.test" },
      ];
      for (const claims of wrong) await problem(me(claims), 403, "invalid_credential");
    },
  );

  onlyOn(
    "embedded",
    "the mock verifies no token",
    "is refused, and only the log has the reason",
    async () => {
      const issuers = await openIssuers();
      const lines: LogLine[] = [];
      const engine = await startEmbedded(issuers.settings, (line) => void lines.push(line));
      const seconds = Math.floor(Date.now() / 1000);
      const reasonFor = async (token: string): Promise<unknown> => {
        lines.length = 0;
        const { detail } = await problem(
          engine.fetch("/api/user", withBearer({}, token)),
          403,
          "invalid_credential",
        );
        expect(detail).toBe("Invalid token");
        await vi.waitFor(() => expect(lines.some(({ message }) => message.includes('"reason"'))).toBe(true));
        const line = lines.find(({ message }) => message.includes('"reason"'))?.message ?? "{}";
        return (JSON.parse(line) as { reason: unknown }).reason;
      };
      const token = (claims: Claims & Record<string, unknown>, header = {}) => issuers.token(claims, header);
      try {
        expect(await reasonFor(await token({ sub: "a", exp: seconds - 3600 }))).toMatch(/expired/i);
        expect(await reasonFor(await token({ sub: "a", aud: "another" }))).toMatch(
          /audience|aud\b|provider/i,
        );
        expect(await reasonFor(await token({ sub: "a", iss: "https://x.example.test" }))).toMatch(
          /issuer|provider/i,
        );
        expect(await reasonFor(await token({ sub: "a" }, { kid: "unknown" }))).toMatch(/key/i);
        expect(await reasonFor(await token({ sub: "a\u0007" }))).toMatch(/a claim has a control character/);
        expect(await reasonFor(`a.${"x".repeat(9000)}.c`)).toMatch(/more than 8192 characters/);
      } finally {
        await engine.close();
        issuers.close();
      }
    },
  );

  onlyOn(
    "embedded",
    "the mock fetches no keys",
    "returns 503 while the issuer's keys cannot be fetched",
    async () => {
      const issuers = await openIssuers();
      const lines: LogLine[] = [];
      const engine = await startEmbedded(issuers.settings, (line) => void lines.push(line));
      const ask = (token: string) => engine.fetch("/api/user", withBearer({}, token));
      const about = (word: string) => lines.filter(({ message }) => message.includes(word));
      try {
        const good = await issuers.token({ sub: "held", email: "held@example.com" });
        const unknown = await issuers.token({ sub: "held" }, { kid: "unknown" });
        issuers.oidc.answer = (_path, response) => response.writeHead(502).end();
        const undecided = await ask(good);
        expect(Number(undecided.headers.get("retry-after"))).toBeGreaterThan(0);
        const { detail } = await problem(undecided, 503, "unavailable");
        expect(detail).toBe("The issuer of the token cannot be reached");
        expect(about("cannot be fetched")).toHaveLength(1);
        expect(about('"code":"unavailable"')[0]?.message).toContain("answers with status 502");

        issuers.oidc.answer = null;
        engine.advanceClock(2_000);
        const user = await json(ask(good));
        issuers.oidc.answer = (_path, response) => response.writeHead(502).end();
        engine.advanceClock(30_000);
        await problem(ask(unknown), 503, "unavailable");
        expect(await json(ask(good))).toEqual(user);

        issuers.oidc.answer = null;
        engine.advanceClock(2_000);
        expect((await problem(ask(unknown), 403, "invalid_credential")).detail).toBe("Invalid token");
        expect(await json(ask(good))).toEqual(user);
      } finally {
        await engine.close();
        issuers.close();
      }
    },
  );
});
