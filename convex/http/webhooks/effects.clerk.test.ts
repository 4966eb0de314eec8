/** The effects of Clerk's events, in any order of arrival. */
import { expect, test } from "vitest";
import { as, sendWithToken, useEngine } from "../testing/engine.testing";
import { json, page, problem, type Json } from "../testing/replies.testing";
import { logged, nextAttempt, processed, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

const DAY = 24 * 60 * 60_000;
const root = () => as("root");
const get = async (path: string) => json((await root())("GET", path));

const user = (id: string, email: string, more: Json = {}) => ({
  id,
  first_name: "Ada",
  last_name: "Lovelace",
  primary_email_address_id: "e1",
  email_addresses: [
    { id: "e0", email_address: "other@example.com", verification: { status: "verified" } },
    { id: "e1", email_address: email, verification: { status: "verified" } },
  ],
  updated_at: Date.now(),
  ...more,
});
const event = (type: string, data: Json) => ({
  body: JSON.stringify({ type, data, timestamp: Date.now() }),
});
const send = (type: string, data: Json, id?: string) =>
  processed("clerk", type, { ...event(type, data), ...(id !== undefined && { id }) });
const find = async (clerkId: string) =>
  (await page((await root())("GET", "/api/users?limit=100"))).find((user) => user["clerkId"] === clerkId);

test("a new user has its primary email and its joined name", async () => {
  await send("user.created", user("user_new", "new@example.com"));
  expect(await find("user_new")).toMatchObject({ email: "new@example.com", name: "Ada Lovelace" });
});

test.each([
  ["the first and last name, trimmed", { first_name: " Ada ", last_name: "Byron " }, "Ada Byron"],
  ["the only name", { first_name: null, last_name: "Byron" }, "Byron"],
  ["the username without names", { first_name: " ", last_name: null, username: "ada" }, "ada"],
  [
    "the local part of the email without names and username",
    { first_name: null, last_name: null, username: null },
    "named4",
  ],
])("the name is %s", async (_what, names, name) => {
  const n = ["Ada Byron", "Byron", "ada", "named4"].indexOf(name) + 1;
  await send("user.created", user(`user_named${n}`, `named${n}@example.com`, names));
  expect(await find(`user_named${n}`)).toMatchObject({ name });
});

test("the keys and tokens of a banned user are refused immediately, until the ban is lifted", async () => {
  const banned = await as("banned");
  const updateBanned = (more: Json) =>
    send("user.updated", user("user_banned", "banned@example.com", { updated_at: Date.now(), ...more }));
  await updateBanned({ banned: false, locked: true });
  const withKey = () => banned("GET", "/api/keys");
  const withToken = () => sendWithToken({ sub: "user_banned", issuer: "clerk" }, "/api/user");
  expect((await withKey()).status).toBe(200);
  expect(await json(withToken())).toMatchObject({ id: banned.userId });
  expect(await find("user_banned")).not.toHaveProperty("suspended");

  await updateBanned({ banned: true });
  expect((await problem(withKey(), 403, "invalid_credential")).detail).toBe("Invalid API key");
  expect(await find("user_banned")).toMatchObject({ id: banned.userId, suspended: true });
  expect((await problem(withToken(), 403, "invalid_credential")).detail).toBe("Invalid token");
  // An event without the field `banned` keeps the ban.
  await updateBanned({ last_name: "King" });
  expect(await find("user_banned")).toMatchObject({ name: "Ada King", suspended: true });

  await updateBanned({ banned: false });
  expect((await withKey()).status).toBe(200);
  expect((await withToken()).status).toBe(200);
  expect(await find("user_banned")).not.toHaveProperty("suspended");
});

test("a user that is created as banned is suspended", async () => {
  await send("user.created", user("user_born_banned", "born-banned@example.com", { banned: true }));
  expect(await find("user_born_banned")).toMatchObject({ suspended: true });
});

test("a ban takes effect although the email of the event belongs to another user", async () => {
  await send("user.created", user("user_free", "free@example.com"));
  await as("taken");
  const banned = user("user_free", "taken@example.com", { updated_at: Date.now() + 1, banned: true });
  expect(await send("user.updated", banned)).toMatchObject({ status: "success" });
  expect(await find("user_free")).toMatchObject({ email: "free@example.com", suspended: true });
});

test("events within one second are ordered by their milliseconds", async () => {
  const second = Math.floor(Date.now() / 1000) * 1000;
  const at = (updated_at: number, last_name: string) =>
    send("user.updated", user("user_ms", "ms@example.com", { updated_at, last_name }));
  await at(second + 2, "Second");
  await at(second + 1, "First");
  expect(await find("user_ms")).toMatchObject({ name: "Ada Second" });
});

test("events without updated_at are ordered by the timestamp of the event", async () => {
  const at = (timestamp: number, last_name: string) =>
    processed("clerk", "user.updated", {
      body: JSON.stringify({
        ...{ type: "user.updated", timestamp },
        data: user("user_env", "env@example.com", { updated_at: undefined, last_name }),
      }),
    });
  const now = Date.now();
  await at(now, "Newer");
  await at(now - 1, "Older");
  expect(await find("user_env")).toMatchObject({ name: "Ada Newer" });
});

test("an update changes the user, and an older event does not", async () => {
  const now = Date.now();
  await send(
    "user.updated",
    user("user_upd", "second@example.com", { updated_at: now + 10_000, last_name: "King" }),
  );
  await send("user.created", user("user_upd", "first@example.com", { updated_at: now }));
  expect(await find("user_upd")).toMatchObject({ email: "second@example.com", name: "Ada King" });
});

test("a verified email links the event to an existing user", async () => {
  const known = await as("known");
  await send("user.created", user("user_known", "KNOWN@example.com"));
  expect(await find("user_known")).toMatchObject({ id: known.userId });
});

test("an unverified email does not link the event to an existing user", async () => {
  const victim = await as("clerk-victim");
  const unverified = [
    { id: "e1", email_address: "clerk-victim@example.com", verification: { status: "unverified" } },
  ];
  const failed = await send("user.created", user("user_thief", "", { email_addresses: unverified }));
  expect(failed).toMatchObject({
    status: "pending",
    error: expect.stringContaining("belongs to another user") as string,
  });
  expect(await find("user_thief")).toBeUndefined();
  expect((await get(`/api/users/${victim.userId}`))["clerkId"]).toBeUndefined();
});

test("an unverified email is transferred only to a user with the verified email", async () => {
  const soon = (status: string) => ({
    email_addresses: [{ id: "e1", email_address: "soon@example.com", verification: { status } }],
  });
  await send("user.created", user("user_soon", "", soon("unverified")));
  expect(await find("user_soon")).toMatchObject({ email: "soon@example.com" });
  await send("user.created", user("user_sooner", "", soon("unverified")));
  expect(await find("user_sooner")).toBeUndefined();
  await send("user.created", user("user_owner", "", soon("verified")));
  expect(await find("user_owner")).toMatchObject({ email: "soon@example.com" });
  expect((await find("user_soon"))?.["email"]).toMatch(/@no-email\.invalid$/);
});

test("invalid entries in the list of addresses are skipped", async () => {
  const addresses = [null, "x", 1, ...user("user_odd", "odd@example.com").email_addresses];
  const done = await send("user.created", user("user_odd", "", { email_addresses: addresses }));
  expect(done["status"]).toBe("success");
  expect(await find("user_odd")).toMatchObject({ email: "odd@example.com" });
  const nameless = user("user_none", "", { email_addresses: [null], primary_email_address_id: undefined });
  expect((await send("user.created", nameless))["status"]).toBe("success");
});

test("an event with the email of another user fails until the conflict is resolved", async () => {
  await send("user.created", user("user_holder", "held@example.com"));
  const failed = await send("user.created", user("user_late", "held@example.com"), "msg_held");
  expect(failed).toMatchObject({ status: "pending", attempts: 1 });
  await nextAttempt();
  expect(await logged("msg_held")).toMatchObject({ status: "pending", attempts: 2 });

  await send("user.updated", user("user_holder", "moved@example.com", { updated_at: Date.now() + DAY }));
  await nextAttempt();
  const done = await logged("msg_held");
  expect(done).toMatchObject({ status: "success", attempts: 3, handled: true });
  expect(done).not.toHaveProperty("error");
  expect(await find("user_late")).toMatchObject({ email: "held@example.com" });
});

test("a deleted user stays deleted when late events arrive", async () => {
  await send("user.created", user("user_del", "deleted@example.com"));
  await send("user.deleted", { id: "user_del", deleted: true });
  await send("user.updated", user("user_del", "deleted@example.com", { updated_at: Date.now() + DAY }));
  expect(await find("user_del")).toBeUndefined();
  await send("user.deleted", { id: "user_never", deleted: true });
  await send("user.created", user("user_never", "never@example.com"));
  expect(await find("user_never")).toBeUndefined();
});
