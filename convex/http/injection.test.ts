/** Client input never adds a header or a line to the reply, and never changes the target of a redirect. */
import { describe, expect, test } from "vitest";
import { api } from "./api.app";
import { ask, credentialHeader } from "./testing/requests.testing";
import { as, onlyOn, send, useEngine } from "./testing/engine.testing";
import { json } from "./testing/replies.testing";
import { FIXTURES } from "./testing/fixtures.testing";
import { namesOfQuery, pathFor, pathWith, routeOf, type Route } from "./testing/routes.testing";

useEngine({ env: { CORS_ORIGINS: "https://app.example.com" } });

const EVIL = "evil.test";
/** Values for paths and queries that try to end a header, add a header, or redirect to another host. */
const HOSTILE = [
  `x\r\nX-Injected: ${EVIL}`,
  `x\nSet-Cookie: a=${EVIL}`,
  `x"; filename="${EVIL}`,
  `//${EVIL}/`,
  `\\${EVIL}`,
  `https://${EVIL}`,
  `\u2028${EVIL}ÿ😀`,
  `>; rel="next", <https://${EVIL}`,
];
/** Hostile values of headers that the API reads, or that other servers trust. */
const HEADERS: Record<string, string> = {
  "X-Request-Id": `x; ${EVIL}`,
  Origin: `https://${EVIL}`,
  "X-Forwarded-Host": EVIL,
  "X-Forwarded-Proto": "javascript",
  Forwarded: `host=${EVIL}`,
  "X-Original-URL": `https://${EVIL}`,
  Referer: `https://${EVIL}/`,
  "If-None-Match": `"${EVIL}"`,
  Prefer: `respond-async; x="${EVIL}"`,
  "Idempotency-Key": EVIL,
  "Access-Control-Request-Headers": EVIL,
  Accept: `text/html, text/${EVIL}`,
};

const routes = (await api.contracts()).map(routeOf);

/** Expects that the reply's headers contain only printable ASCII, and no part of the input. */
function expectCleanHeaders(reply: Response, sent: string): void {
  for (const [name, value] of reply.headers) {
    expect(value, `${name} after ${sent}`).toMatch(/^[\x20-\x7e]*$/);
    expect(value.toLowerCase(), `${name} after ${sent}`).not.toContain(EVIL);
    expect(["x-injected", "set-cookie"]).not.toContain(name);
  }
}

describe.each(routes.map((route) => [route.title, route] as const))("%s", (_, route: Route) => {
  test("repeats no part of the path, the query or the headers in a reply header", async () => {
    const call = await as("owner");
    const credential = credentialHeader(route, call.key);
    for (const text of HOSTILE) {
      const coded = encodeURIComponent(text);
      if (route.params)
        expectCleanHeaders(await ask(route, pathWith(route, text), { headers: credential }), text);
      for (const name of [...namesOfQuery(route), coded])
        expectCleanHeaders(
          await ask(route, `${pathWith(route, "nothing")}?${name}=${coded}`, { headers: credential }),
          text,
        );
    }
    expectCleanHeaders(
      await ask(route, await pathFor(route, call), { headers: { ...HEADERS, ...credential } }),
      "headers",
    );
    expectCleanHeaders(await ask(route, `/${EVIL}/x`, { headers: { ...HEADERS, ...credential } }), "headers");
  });
});

describe("redirects and addresses", () => {
  const isRedirect = (status: string) => ["301", "302", "303", "307", "308"].includes(status);
  const redirecting = routes.filter((route) => Object.keys(route.docs().replies).some(isRedirect));

  test("only the routes that the fixtures name redirect", () => {
    expect(redirecting.map(({ title }) => title).sort()).toEqual([...FIXTURES.redirects].sort());
  });

  test("the index redirects to this API's reference, even with forged host headers", async () => {
    for (const path of ["/", "/?next=https://evil.test", "/?url=//evil.test"]) {
      const reply = await send(path, { headers: { ...HEADERS, Accept: "text/html" }, redirect: "manual" });
      expect([reply.status, reply.headers.get("location")]).toEqual([302, "/docs"]);
    }
  });

  test("a file redirects to file storage, even with a hostile type, query and headers", async () => {
    const { key } = await as("owner");
    // Without the key, each request is a separate upload.
    const { "Idempotency-Key": _, ...unkeyed } = HEADERS;
    const types = [`text/html; x="https://${EVIL}"`, "text/plain"];
    const origins = new Set<string>();
    for (const type of types) {
      const upload = {
        method: "POST",
        body: "x",
        headers: { "X-API-Key": key, "Content-Type": type, ...unkeyed },
      };
      const made = await send("/api/upload", upload);
      expect(made.headers.get("location")).toMatch(/^\/files\/[0-9a-z;_]+$/i);
      const opened = await send(`${made.headers.get("location") ?? ""}?to=https://${EVIL}`, {
        redirect: "manual",
      });
      expect(opened.status).toBe(302);
      origins.add(new URL(opened.headers.get("location") ?? "").origin);
    }
    expect(origins.size).toBe(1);
    expect([...origins][0]).not.toContain(EVIL);
  });

  onlyOn(
    "embedded",
    "the mock stores no file by an upload URL",
    "the content of a large file redirects to file storage, even with hostile headers",
    async () => {
      const call = await as("owner");
      const { uploadUrl } = await json(call("POST", "/api/upload-url"), 201);
      const body = Buffer.alloc(20 * 1024 * 1024 + 1);
      const sent = await fetch(String(uploadUrl), { method: "POST", body });
      const { id } = await json(call("POST", "/api/files", await sent.json()), 201);
      const { "If-None-Match": _, ...hostile } = HEADERS;
      const reply = await send(`/api/files/${String(id)}/content`, {
        headers: { ...hostile, "X-API-Key": call.key },
        redirect: "manual",
      });
      expect(reply.status).toBe(302);
      expect(new URL(reply.headers.get("location") ?? "").origin).toBe(new URL(String(uploadUrl)).origin);
    },
  );

  test("URLs in problems and upload replies have the host of the deployment", async () => {
    const call = await as("owner");
    const refused = await json(call("GET", "/api/keys/nothing", undefined, HEADERS), 404);
    expect(String(refused["type"])).toMatch(/\/problems\/not_found$/);
    expect(String(refused["type"])).not.toContain(EVIL);
    const { uploadUrl } = await json(call("POST", "/api/upload-url", undefined, HEADERS), 201);
    expect(String(uploadUrl)).not.toContain(EVIL);
  });
});

describe("an X-Request-Id", () => {
  test.each(["a", "A-1._", "x".repeat(128)])("%s is returned in the reply", async (id) => {
    const reply = await send("/health", { headers: { "X-Request-Id": id } });
    expect(reply.headers.get("x-request-id")).toBe(id);
  });

  test.each(["", " ", "a b", "a,b", 'a"b', "ÿ", "a\tb", "x".repeat(129), "<a>", "a;b", "%0d%0a"])(
    "%j is replaced by a new id",
    async (id) => {
      const reply = await send("/health", { headers: { "X-Request-Id": id } });
      expect(reply.headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    },
  );
});

test.each([
  'text/plain; name="a\nb"',
  "text/plain;\u00a0a=b",
  "text/plain\u0000",
  "a",
  "text/plain, text/html",
  "text/ÿ",
])("a file with the type %j, which is not a valid header value, is refused", async (type) => {
  const { key } = await as("owner");
  // `fetch` itself refuses to send some of the types.
  const made = send("/api/upload", {
    method: "POST",
    body: "x",
    headers: { "X-API-Key": key, "Content-Type": type },
  });
  const status = await made.then((reply) => reply.status).catch((error: unknown) => (error as Error).name);
  expect([400, "TypeError"]).toContain(status);
});
