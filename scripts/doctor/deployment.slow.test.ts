/** The doctor on a running deployment: an intact one, and one behind a faulty proxy. */
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startServer, type EmbeddedServer } from "convex-embedded/testing/server";
import { checkedFetch } from "../../openapi/contract/check";
import { lines } from "./checkout/planting.testing";
import { deployment, type Deployment } from "./deployment";
import { address } from "./deployment/address";
import { asking } from "./deployment/ask";
import { proxyTo, type Change } from "./deployment/proxy.testing";
import { webhookSetting, webhookSources } from "./settings";

const root = resolve(import.meta.dirname, "../..");
const SECRET = `whsec_${"0123456789abcdef".repeat(2)}`;
const ENV = {
  CLERK_WEBHOOK_SECRET: SECRET,
  CORS_ORIGINS: "https://app.example.com,https://*.example.org",
  SECRETS_KEY: Buffer.alloc(32, 1).toString("base64"),
};

const CLOSED = webhookSources(root).filter((source) => source !== "clerk");

let server: EmbeddedServer;
let key: string;
let script: Server;

beforeAll(async () => {
  const data = mkdtempSync(join(tmpdir(), "doctor-test-"));
  script = createServer(({ url }, response) =>
    response.writeHead(url?.endsWith("?gone") ? 404 : 200).end(),
  ).listen(0, "127.0.0.1");
  await once(script, "listening");
  const { port } = script.address() as AddressInfo;
  const env = {
    ...ENV,
    RATE_LIMIT_IP_PER_MINUTE: "0",
    DOCS_SCRIPT_URL: `http://127.0.0.1:${port}/scalar.js`,
  };
  server = await startServer({ project: root, data, port: 0, env, log: () => undefined });
  const options = { name: "doctor", scopes: ["keys:read"], email: "doctor@example.com" };
  ({ key } = (await server.run("apiKeys:issue", options)) as { key: string });
  return async () => {
    await server.close(0);
    script.close();
    rmSync(data, { recursive: true });
  };
});

/** Checks the server, and returns the findings of each section as lines. */
async function look(options: Partial<Deployment> = {}): Promise<Record<string, string[]>> {
  const sections = await deployment({ url: new URL(server.url), project: root, ...options });
  return Object.fromEntries(
    sections.map(({ name, findings }) => [name, findings.map(({ level, what }) => `${level} ${what}`)]),
  );
}

function file(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "doctor-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "env"), text);
  return join(directory, "env");
}

/** Starts a proxy in front of the server. It ends with the test. */
const proxy = (change: Change): Promise<URL> => proxyTo(server.url, change);

test("an intact deployment has no problems, and its settings are listed", async () => {
  const envFile = file(
    Object.entries(ENV)
      .map((pair) => pair.join("="))
      .join("\n"),
  );
  expect(await look({ key, envFile, origins: ["https://b.example.org"] })).toEqual({
    answers: ["ok the API is healthy, and its database can be read and written"],
    settings: [
      "ok 3 set; the others have their defaults",
      `ok webhooks open: clerk${CLOSED.length > 0 ? `; closed because no secret is set: ${CLOSED.join(", ")}` : ""}`,
    ],
    headers: ["ok security headers and X-Request-Id arrive unchanged"],
    routes: [expect.stringMatching(/^ok a route of each of the \d+ resources is served$/)],
    document: ["ok the OpenAPI document matches this checkout"],
    docs: ["ok the reference page and its script load"],
    cors: ["ok 3 origins are allowed, an unlisted origin is refused"],
    webhooks: [
      "ok open: clerk",
      ...(CLOSED.length > 0
        ? [
            `ok closed because no secret is set: ${CLOSED.map((name) => `${name} (${webhookSetting(name)})`).join(", ")}`,
          ]
        : []),
    ],
    key: ['ok the key "doctor" works; its scopes are keys:read'],
    address: ["ok requests are not limited by address"],
  });
});

describe("of the settings that a deployment should have", () => {
  test("a missing secret is reported", async () => {
    const url = await proxy(({ url: path }) => (path === "/webhooks/clerk" ? { status: 503 } : {}));
    const { webhooks } = await look({ url, envFile: file(`CLERK_WEBHOOK_SECRET=${SECRET}`) });
    expect(webhooks?.[0]).toBe(
      "problem /webhooks/clerk is closed: CLERK_WEBHOOK_SECRET is not set on the deployment",
    );
  });

  test("a refused origin is reported", async () => {
    const { cors } = await look({ envFile: file("CORS_ORIGINS=https://new.example.com") });
    expect(cors).toEqual(["problem Requests from pages of https://new.example.com are refused"]);
    expect((await look({ origins: ["https://x.example.com"] }))["cors"]).toEqual([
      "problem Requests from pages of https://x.example.com are refused",
    ]);
  });
});

describe("a key", () => {
  test("with a typo gets another message than an unknown key", async () => {
    const typo = key.slice(0, -1) + (key.endsWith("0") ? "1" : "0");
    expect((await look({ key: typo }))["key"]).toEqual(["problem The key is incomplete or mistyped"]);
    const options = { name: "revoked", scopes: ["*"], email: "revoked@example.com" };
    const { key: revoked } = (await server.run("apiKeys:issue", options)) as { key: string };
    const admin = { "X-API-Key": revoked };
    const [own] = (await (await checkedFetch(`${server.url}/api/keys`, { headers: admin })).json()) as {
      id: string;
    }[];
    await checkedFetch(`${server.url}/api/keys/${own?.id ?? ""}`, { method: "DELETE", headers: admin });
    expect((await look({ key: revoked }))["key"]).toEqual(["problem The deployment does not know the key"]);
  });
});

describe("behind a proxy", () => {
  test("at another address than its own the deployment gets a warning", async () => {
    const url = await proxy(() => ({}));
    const { document, headers } = await look({ url });
    expect(document).toEqual([
      "ok the OpenAPI document matches this checkout",
      `warning Links lead to ${server.url}, not to ${url.origin}`,
    ]);
    expect(headers?.[0]).toMatch(/^ok/);
  });

  test("that drops headers, the missing headers are reported", async () => {
    const url = await proxy(
      (_, { headers: { "x-frame-options": _frame, "x-request-id": _id, ...rest } }) => ({
        headers: rest,
      }),
    );
    const { headers } = await look({ url });
    expect(headers).toEqual([
      "problem Headers are missing or changed: X-Frame-Options",
      expect.stringMatching(/^warning X-Request-Id is not echoed/),
    ]);
  });

  test("that allows every origin and answers webhooks itself, both are reported", async () => {
    const url = await proxy(({ url: path = "" }, { headers }) =>
      path.startsWith("/webhooks/")
        ? { status: 405 }
        : { headers: { ...headers, "access-control-allow-origin": "*" } },
    );
    const { cors, webhooks } = await look({ url, envFile: file("CORS_ORIGINS=https://app.example.com") });
    expect(cors).toEqual(["warning The deployment allows every origin, not only those in CORS_ORIGINS"]);
    expect(webhooks).toContain(
      "problem POST /webhooks/clerk answers an unsigned event with 405, not with 400",
    );
  });

  test("that cannot load a resource, a route of the resource is reported", async () => {
    const url = await proxy(({ url: path }) =>
      path === "/api/keys" ? { status: 500, body: '{"code":"internal"}' } : {},
    );
    const { routes } = await look({ url });
    expect(routes).toEqual(["problem GET /api/keys answers 500, so its resource cannot be loaded"]);
  });

  test("that serves another document and a page without its script, both are reported", async () => {
    const url = await proxy(({ url: path }, { body }) => {
      if (path === "/openapi.json") return { body: body.replaceAll('"/api/user"', '"/api/me"') };
      if (path === "/docs") return { body: body.replace(/scalar\.js/, "scalar.js?gone") };
      return {};
    });
    const { document, docs } = await look({ url });
    expect(docs).toEqual([expect.stringMatching(/^warning The script of .*\?gone, answers 404$/)]);
    expect(document?.[0]).toBe(
      "warning The OpenAPI document differs from this checkout's: only on the deployment: GET /api/me; only in the checkout: GET /api/user",
    );
  });

  test("that answers 503 to the readiness check, the other checks are skipped", async () => {
    const body = JSON.stringify({
      status: "unavailable",
      checks: [{ name: "database.write", ok: false, ms: 9 }],
    });
    const url = await proxy(({ url: path }) => (path === "/health/ready" ? { status: 503, body } : {}));
    expect(await look({ url })).toEqual({
      answers: ["problem GET /health/ready answers 503; failed checks: database.write"],
      settings: [],
    });
  });
});

describe("the address by which requests are limited", () => {
  /** Checks a server that expects this number of proxies in front of it, although there are none. */
  async function counted(trustProxy: number, limit: string): Promise<string[]> {
    const data = mkdtempSync(join(tmpdir(), "doctor-test-"));
    const env = { RATE_LIMIT_IP_PER_MINUTE: limit };
    const limited = await startServer({ project: root, data, port: 0, env, trustProxy });
    onTestFinished(async () => {
      await limited.close(0);
      rmSync(data, { recursive: true });
    });
    return lines(await address(asking(new URL(limited.url))));
  }

  test("is the connection's if the server ignores X-Forwarded-For", async () => {
    expect(await counted(0, "12")).toEqual([
      "ok clients cannot choose the address by which they are limited → ",
    ]);
  });

  // As on Convex without a proxy that replaces the header.
  test("gets a warning if it is the client's own X-Forwarded-For", async () => {
    expect(await counted(1, "12")).toEqual([
      expect.stringMatching(/^warning The API trusts X-Forwarded-For as clients send it.* → Let the proxy/),
    ]);
  });

  test("does not show if the limit is too high or too low", async () => {
    for (const limit of ["5", "6000"])
      expect(await counted(1, limit)).toEqual([
        expect.stringMatching(/^ok a limit of \d+ requests a minute does not/),
      ]);
  });
});

test("an address without a server, and one of another server, are reported", async () => {
  const other = new URL(`http://127.0.0.1:${(script.address() as AddressInfo).port}`);
  expect((await look({ url: other }))["answers"]).toEqual([
    "problem GET /health answers 200, so this is not the API",
  ]);
  const closed = createServer().listen(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, "close");
  expect((await look({ url: new URL(`http://127.0.0.1:${port}`) }))["answers"]?.[0]).toMatch(
    /^problem The deployment cannot be reached: .*ECONNREFUSED/,
  );
});
