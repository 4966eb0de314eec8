/** Pages of other origins call the API, and the browser enforces CORS. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkedFetch } from "../../../openapi/contract/check";
import { startBrowser, visit } from "./chromium";
import { exhaust, openTestSite, PER_MINUTE, type TestSite } from "./testSite";

let site: TestSite;
let browser: Browser;
let key: string;

beforeAll(async () => {
  [site, browser] = await Promise.all([openTestSite(), startBrowser()]);
  key = await site.key();
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

type Reply = { status: number; headers: Record<string, string>; body: string };
type Sent = { method?: string; headers?: Record<string, string>; body?: string };

/** Opens a page of a host. `ask` sends requests from the page; `preflights` has the paths of the browser's preflight requests. */
async function pageAt(host: string) {
  const { page, complaints } = await visit(browser);
  const preflights: string[] = [];
  const network = await page.context().newCDPSession(page);
  network.on("Network.requestWillBeSent", ({ request }) => {
    if (request.method === "OPTIONS") preflights.push(new URL(request.url).pathname);
  });
  await network.send("Network.enable");
  await page.goto(`${site.origin(host)}/blank`);
  const ask = (path: string, sent: Sent = {}) => asked(page, site.api.url + path, sent);
  return { page, complaints, preflights, ask };
}

/** Sends a request from the page. @returns the reply as the page's script sees it, or the name of the error. */
function asked(page: Page, url: string, sent: Sent): Promise<Reply | string> {
  return page.evaluate(
    async ([to, init]) => {
      try {
        const reply = await fetch(to, init);
        const headers = Object.fromEntries(reply.headers);
        return { status: reply.status, headers, body: await reply.text() };
      } catch (error) {
        return (error as Error).name;
      }
    },
    [url, sent] as const,
  );
}

const creating = (credential: Record<string, string>, more: Record<string, string> = {}): Sent => ({
  method: "POST",
  headers: { ...credential, "Content-Type": "application/json", ...more },
  body: JSON.stringify({ name: "partner", scopes: ["keys:read"] }),
});

describe("a page of an allowed origin", () => {
  test.each(["X-API-Key", "Authorization"])("can send %s after a preflight request", async (header) => {
    const { ask, preflights, complaints } = await pageAt("app.localhost");
    const credential = { [header]: header === "Authorization" ? `Bearer ${key}` : key };
    expect(await ask("/api/keys", creating(credential))).toMatchObject({ status: 201 });
    expect(preflights).toEqual(["/api/keys"]);
    // The browser caches the preflight, so the second request sends none.
    expect(await ask("/api/keys", creating(credential))).toMatchObject({ status: 201 });
    expect(preflights).toEqual(["/api/keys"]);
    expect(complaints).toEqual([]);
  });

  test("can change and delete with If-Match", async () => {
    const { ask } = await pageAt("app.localhost");
    const created = (await ask("/api/keys", creating({ "X-API-Key": key }))) as Reply;
    const at = created.headers["location"] ?? "";
    const headers = { "X-API-Key": key, "If-Match": created.headers["etag"] ?? "" };
    const change = {
      method: "PATCH",
      headers: { ...headers, "Content-Type": "application/json" },
      body: '{"name":"nut"}',
    };
    expect(await ask(at, change)).toMatchObject({ status: 200 });
    expect(await ask(at, { method: "DELETE", headers })).toMatchObject({ status: 412 });
    expect(await ask(at, { method: "DELETE", headers: { "X-API-Key": key } })).toMatchObject({ status: 204 });
  });

  test("can read every exposed header", async () => {
    const { ask } = await pageAt("app.localhost");
    const idempotent = creating({ "X-API-Key": key }, { "Idempotency-Key": "of-this-test" });
    const made = (await ask("/api/keys", idempotent)) as Reply;
    const again = (await ask("/api/keys", idempotent)) as Reply;
    const listed = (await ask("/api/keys?limit=1", { headers: { "X-API-Key": key } })) as Reply;
    const job = (await ask("/api/process", {
      ...creating({ "X-API-Key": key }, { Prefer: "respond-async" }),
      body: '{"data":1}',
    })) as Reply;
    expect(Object.keys(made.headers)).toEqual(
      expect.arrayContaining(["x-request-id", "etag", "location", "ratelimit", "ratelimit-policy"]),
    );
    expect(made.headers["ratelimit-policy"]).toContain(String(PER_MINUTE));
    expect(again.headers["idempotency-replayed"]).toBe("true");
    expect(listed.headers["link"]).toContain('rel="next"');
    expect(job.headers["preference-applied"]).toBe("respond-async");
  });

  test("can read error replies, with their code and Retry-After", async () => {
    const { ask } = await pageAt("app.localhost");
    const withKey = { headers: { "X-API-Key": key } };
    for (const [reply, status, code] of [
      [await ask("/api/keys"), 401, "unauthenticated"],
      [await ask("/api/keys", { headers: { "X-API-Key": "nothing" } }), 403, "invalid_credential"],
      [await ask("/api/keys?limit=0", withKey), 400, "invalid_request"],
      [await ask("/nowhere"), 404, "not_found"],
      [await ask("/health", { method: "DELETE" }), 405, "method_not_allowed"],
    ] as const) {
      const { body, headers } = reply as Reply;
      expect(reply).toMatchObject({ status });
      expect(JSON.parse(body)).toMatchObject({ code, requestId: headers["x-request-id"] });
    }
    const exhausted = await site.key();
    await exhaust(site, exhausted);
    const limited = (await ask("/api/keys", { headers: { "X-API-Key": exhausted } })) as Reply;
    expect(limited.status).toBe(429);
    expect(Number(limited.headers["retry-after"])).toBeGreaterThan(0);
  });
});

test.each(["one.team.localhost", "a.b.team.localhost"])("a wildcard allows %s", async (host) => {
  const { ask, complaints } = await pageAt(host);
  expect(await ask("/api/keys", creating({ "X-API-Key": key }))).toMatchObject({ status: 201 });
  expect(complaints).toEqual([]);
});

describe.each(["other.localhost", "team.localhost", "app.localhost.team.localhost.evil.localhost"])(
  "a page of %s",
  (host) => {
    test("cannot read replies, even of public routes", async () => {
      const { ask, complaints } = await pageAt(host);
      expect(await ask("/health")).toBe("TypeError");
      expect(complaints.join()).toContain("blocked by CORS policy");
    });

    test("cannot send a request with a credential", async () => {
      const caller = await site.key();
      const { ask, preflights } = await pageAt(host);
      expect(await ask("/api/keys", creating({ "X-API-Key": caller }))).toBe("TypeError");
      expect(preflights).toEqual(["/api/keys"]);
      const listed = await checkedFetch(`${site.api.url}/api/keys`, { headers: { "X-API-Key": caller } });
      // The only key is the caller's own.
      expect(await listed.json()).toHaveLength(1);
    });
  },
);

test("a framed page with an opaque origin is refused", async () => {
  const { page } = await pageAt("app.localhost");
  await page.setContent(`<iframe sandbox="allow-scripts" srcdoc="<!doctype html>"></iframe>`);
  const frame = page.frames()[1];
  const outcome = frame?.evaluate(
    (to) => fetch(to).then(({ status }) => status, String),
    `${site.api.url}/health`,
  );
  expect(await outcome).toContain("TypeError");
});

test("a form without a script can post across origins", async () => {
  const { page } = await pageAt("app.localhost");
  await page.setContent(`<form method="post" enctype="multipart/form-data" action="${site.api.url}/api/form">
    <input name="name" value="Ada" /><input name="email" value="ada@example.com" /><button>Send</button></form>`);
  await Promise.all([page.waitForURL(`${site.api.url}/api/form`), page.getByRole("button").click()]);
  const text = await page.evaluate(() => document.body.textContent);
  expect(JSON.parse(text)).toEqual({ name: "Ada", email: "ada@example.com" });
});
