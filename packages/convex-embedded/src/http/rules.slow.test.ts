import { expect, test } from "vitest";
import { sign, signingKey, startIssuer } from "../../fixtures/issuer";
import { RULES, serve } from "../../fixtures/serve";

const LIMIT = 20 * 1024 * 1024;

const get = async (url: string, headers: Record<string, string> = {}) =>
  (await (await fetch(url, { headers })).json()) as Record<string, unknown>;

test("a verified token gives an identity in the HTTP action and in every function that it calls", async () => {
  const key = await signingKey("one");
  const issuer = await startIssuer([key]);
  const { server } = await serve({ project: RULES, env: { OIDC_DOMAIN: issuer.url } });
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer.url,
    sub: "ada",
    aud: "app",
    iat: now,
    exp: now + 60,
    email: "ada@example.com",
  };
  const ada = {
    tokenIdentifier: `${issuer.url}|ada`,
    issuer: issuer.url,
    subject: "ada",
    email: "ada@example.com",
  };
  const token = await sign(key, claims);
  expect(await get(`${server.url}/whoami`, { authorization: `Bearer ${token}` })).toEqual({
    here: ada,
    query: ada,
    mutation: [ada, ada],
    action: [ada, ada],
  });
  expect(issuer.requests).toHaveLength(2);
});

test("a refused token throws in the HTTP action and gives no identity in the functions that it calls", async () => {
  const { server } = await serve({ project: RULES, env: { OIDC_DOMAIN: "https://issuer.example" } });
  const nobody = { query: null, mutation: [null, null], action: [null, null] };
  expect(await get(`${server.url}/whoami`)).toEqual({ here: null, ...nobody });
  expect(await get(`${server.url}/whoami`, { authorization: "Basic eDp5" })).toEqual({
    here: "thrown: Invalid admin key",
    ...nobody,
  });
  expect(await get(`${server.url}/whoami`, { authorization: "Bearer" })).toEqual({
    here: "thrown: Invalid authentication header",
    ...nobody,
  });
  expect(await get(`${server.url}/whoami`, { authorization: "Bearer key_key" })).toEqual({
    here: expect.stringContaining("thrown: Could not parse JWT payload") as string,
    ...nobody,
  });
});

test("an invalid auth config fails the start with its file name", async () => {
  await expect(serve({ project: RULES, env: { OIDC_DOMAIN: "http://issuer.example" } })).rejects.toThrow(
    'convex/auth.config.ts: providers[0].domain: "http://issuer.example" must use HTTPS',
  );
});

test.each([
  [0, "127.0.0.1"],
  [1, "203.0.113.9"],
  [2, "2001:db8::1"],
  [3, "198.51.100.7"],
  [4, "127.0.0.1"],
  [9, "127.0.0.1"],
])("behind %i proxies the client is %s", async (trustProxy, ip) => {
  const { server } = await serve({ project: RULES, trustProxy });
  const metadata = await get(`${server.url}/metadata`, {
    "x-forwarded-for": "unknown, ::ffff:198.51.100.7, 2001:DB8:0:0::1 , 203.0.113.9",
    "user-agent": "test",
  });
  const requestId = expect.stringMatching(/^[0-9a-f]{16}$/) as string;
  expect(metadata).toEqual({ ip, userAgent: "test", requestId, scheduledFunctionId: null, authToken: null });
});

test.each(["text", "wide", "bytes", "buffer", "blob", "clone", "json", "stream"])(
  "a response is cut off after 20 MiB: %s",
  async (form) => {
    const { server } = await serve({ project: RULES });
    for (const bytes of [LIMIT, LIMIT + 2]) {
      const response = await fetch(`${server.url}/body?form=${form}&bytes=${bytes}`);
      expect(response.status).toBe(203);
      expect((await response.arrayBuffer()).byteLength).toBe(LIMIT);
    }
  },
);

test("a request may be larger than 20 MiB: the app has to refuse it", async () => {
  const { server } = await serve({ project: RULES });
  for (const [bytes, status] of [
    [LIMIT, 200],
    [LIMIT + 1, 413],
  ] as const) {
    const response = await fetch(`${server.url}/size`, { method: "POST", body: new Uint8Array(bytes) });
    expect([response.status, await response.text()]).toEqual([status, String(bytes)]);
  }
});

test("an unsupported feature is named with the function that uses it", async () => {
  const { server } = await serve({ project: RULES });
  await expect(server.run("caller:serviceUrl", {})).rejects.toThrow(
    "Convex-managed services are not supported by the embedded runtime yet. Deploy to Convex to use them. " +
      "caller:serviceUrl asked for them.",
  );
});

test("functions see the environment and the runtime's addresses, but not the settings of Convex's tools", async () => {
  const env = {
    MINE: "1",
    CONVEX_SELF_HOSTED_ADMIN_KEY: "secret",
    CONVEX_DEPLOYMENT: "x",
    CONVEX_DEPLOY_KEY: "x",
  };
  const { server } = await serve({ project: RULES, env });
  const read = (name: string) => server.run("caller:environment", { name });
  expect(await read("MINE")).toBe("1");
  expect(await read("CONVEX_SITE_URL")).toBe(server.url);
  expect(await read("CONVEX_CLOUD_URL")).toBe(server.apiUrl);
  for (const name of Object.keys(env).slice(1)) expect(await read(name)).toBeNull();
});
