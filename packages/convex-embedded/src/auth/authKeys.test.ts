/** Keys of issuers that are unreachable or change their keys. */
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import type { LogLine } from "../exec/logLine";
import type { Issuer } from "../../fixtures/issuer";
import { sign, signingKey, startIssuer } from "../../fixtures/issuer";
import type { ProviderKeyCache } from "./auth";
import { createAuth } from "./auth";
import { IssuerUnreachable } from "./authErrors";
import { parseProviders } from "./authProviders";

const NOW = 1_700_000_000_000;
const SECONDS = NOW / 1000;
const MINUTE = 60_000;

/** The kinds of providers. The discovery document or the keys of each come from the issuer. */
const KINDS = {
  oidc: { alg: "RS256", fetches: 2, of: ({ url }: Issuer) => ({ domain: url, applicationID: "app" }) },
  customJwt: {
    alg: "ES256",
    fetches: 1,
    of: ({ url, jwksUrl }: Issuer) => ({ type: "customJwt", issuer: url, jwks: jwksUrl, algorithm: "ES256" }),
  },
} as const;

async function setUp(kind: keyof typeof KINDS) {
  const { alg, of, fetches } = KINDS[kind];
  const [key, other] = [await signingKey("held", alg), await signingKey("next", alg)];
  const issuer = await startIssuer([key]);
  const time = { now: NOW };
  const lines: LogLine[] = [];
  const held: ProviderKeyCache = new Map();
  const options = { clock: () => time.now, log: (line: LogLine) => void lines.push(line), held };
  const providers = parseProviders({ providers: [of(issuer)] });
  /** Creates a verifier as the next build does. */
  const build = async () => {
    const auth = await createAuth(providers, options);
    const origin = { ip: null, userAgent: null, requestId: "1" };
    return async (token: string) =>
      (JSON.parse(await auth.identify({ ...origin, token })) as { subject: string }).subject;
  };
  const claims = { iss: issuer.url, sub: "ada", aud: "app", iat: SECONDS, exp: SECONDS + 999_999 };
  return { issuer, key, other, time, lines, claims, fetches, build, identify: await build() };
}

const fail = (_path: string, response: ServerResponse): void => void response.writeHead(502).end();

/** Makes the issuer hang. `asked` resolves when a request arrives. */
function hang(issuer: Issuer): { asked: Promise<void> } {
  let told = (): void => undefined;
  const asked = new Promise<void>((resolve) => (told = resolve));
  issuer.answer = () => told();
  return { asked };
}

test.each(["oidc", "customJwt"] as const)(
  "an unknown key does not evict cached keys while the issuer fails (%s)",
  async (kind) => {
    const { issuer, key, other, time, lines, claims, identify } = await setUp(kind);
    const [good, unknown] = [await sign(key, claims), await sign(other, claims)];
    expect(await identify(good)).toBe("ada");
    issuer.answer = fail;
    time.now += 30_000;
    await expect(identify(unknown)).rejects.toThrow(IssuerUnreachable);
    expect(await identify(good)).toBe("ada");
    time.now += 24 * 60 * MINUTE;
    expect(await identify(good)).toBe("ada");
    expect(lines.map(({ level, path }) => ({ level, path }))).toEqual([{ level: "error", path: null }]);
    expect(lines[0]?.message).toContain(issuer.url);
    expect(lines[0]?.message).toContain("answers with status 502");
    expect(lines[0]?.message).toContain("stay in use");
  },
);

test.each(["oidc", "customJwt"] as const)(
  "without keys no token is decided; the first successful fetch ends this state (%s)",
  async (kind) => {
    const { issuer, key, time, lines, claims, identify } = await setUp(kind);
    const good = await sign(key, claims);
    issuer.answer = fail;
    for (let i = 0; i < 5; i++) await expect(identify(good)).rejects.toThrow(IssuerUnreachable);
    expect(issuer.requests).toHaveLength(1);
    time.now += 2_000;
    await expect(identify(good)).rejects.toThrow(IssuerUnreachable);
    issuer.answer = null;
    time.now += 2_000;
    expect(await identify(good)).toBe("ada");
    expect(lines.map(({ level }) => level)).toEqual(["error", "info"]);
    expect(lines[0]?.message).toContain("until the keys can be fetched");
    expect(lines[1]?.message).toContain("fetched again");
  },
);

test("a refused connection is logged with its reason", async () => {
  const { issuer, key, lines, claims, identify } = await setUp("oidc");
  issuer.close();
  await expect(identify(await sign(key, claims))).rejects.toThrow("ECONNREFUSED");
  expect(lines[0]?.message).toContain("ECONNREFUSED");
});

test("each reason is logged once", async () => {
  const { issuer, key, time, lines, claims, identify } = await setUp("oidc");
  const good = await sign(key, claims);
  for (const status of [500, 500, 503, 503]) {
    issuer.answer = (_path, response) => response.writeHead(status).end();
    await expect(identify(good)).rejects.toThrow(String(status));
    time.now += 2_000;
  }
  expect(lines).toHaveLength(2);
});

test("tokens that the cached keys refuse stay refused while the issuer fails", async () => {
  const { issuer, key, time, claims, identify } = await setUp("oidc");
  await identify(await sign(key, claims));
  issuer.answer = fail;
  time.now += 30_000;
  const expired = await sign(key, { ...claims, exp: SECONDS });
  const refusal = await identify(expired).catch((error: unknown) => error);
  expect(refusal).not.toBeInstanceOf(IssuerUnreachable);
  expect(String(refusal)).toContain("Could not verify OIDC token claim");
  expect(issuer.requests).toHaveLength(2);
});

test.each(["oidc", "customJwt"] as const)(
  "a key that changed under the same id is fetched again, at most once per cooldown (%s)",
  async (kind) => {
    const { issuer, key, other, time, claims, fetches, identify } = await setUp(kind);
    await identify(await sign(key, claims));
    issuer.keys = [{ ...other, kid: key.kid, jwk: { ...other.jwk, kid: key.kid } }];
    const changed = await sign(other, claims, { kid: key.kid });
    for (let i = 0; i < 20; i++) await expect(identify(changed)).rejects.toThrow(/^Could not/);
    expect(issuer.requests).toHaveLength(fetches);
    time.now += 30_000;
    const storm = Array.from({ length: 20 }, () => identify(changed));
    expect(new Set(await Promise.all(storm))).toEqual(new Set(["ada"]));
    expect(issuer.requests).toHaveLength(2 * fetches);
    await expect(identify(await sign(key, claims))).rejects.not.toThrow(IssuerUnreachable);
    expect(issuer.requests).toHaveLength(2 * fetches);
  },
);

test("a forged signature does not evict the keys, whether the issuer responds or not", async () => {
  const { issuer, key, other, time, claims, identify } = await setUp("oidc");
  const [good, forged] = [await sign(key, claims), await sign(other, claims, { kid: key.kid })];
  await identify(good);
  time.now += 30_000;
  const refusal = await identify(forged).catch((error: unknown) => error);
  expect(refusal).not.toBeInstanceOf(IssuerUnreachable);
  issuer.answer = fail;
  time.now += 30_000;
  await expect(identify(forged)).rejects.toThrow(IssuerUnreachable);
  expect(await identify(good)).toBe("ada");
});

test("valid tokens do not wait for an issuer that hangs because of another token", async () => {
  const { issuer, key, other, time, claims, identify } = await setUp("oidc");
  const good = await sign(key, claims);
  await identify(good);
  const { asked } = hang(issuer);
  time.now += 30_000;
  const undecided = identify(await sign(other, claims));
  await asked;
  expect(await identify(good)).toBe("ada");
  issuer.close();
  await expect(undecided).rejects.toThrow(IssuerUnreachable);
});

test("while an issuer is unreachable, valid tokens do not wait for each attempt", async () => {
  const { issuer, key, time, claims, identify } = await setUp("oidc");
  const good = await sign(key, claims);
  await identify(good);
  issuer.answer = fail;
  time.now += 10 * MINUTE;
  await identify(good);
  const { asked } = hang(issuer);
  time.now += 2_000;
  expect(await identify(good)).toBe("ada");
  await asked;
  expect(await identify(good)).toBe("ada");
});

test("old keys are fetched again before use, and a withdrawn key is refused", async () => {
  const { issuer, key, other, time, claims, identify } = await setUp("oidc");
  const good = await sign(key, claims);
  await identify(good);
  issuer.keys = [other];
  time.now += 10 * MINUTE;
  await expect(identify(good)).rejects.toThrow("Could not verify OIDC token claim");
});

test("a build keeps the keys of the previous build", async () => {
  const { issuer, key, claims, build, identify } = await setUp("oidc");
  const good = await sign(key, claims);
  await identify(good);
  issuer.answer = fail;
  expect(await (await build())(good)).toBe("ada");
  expect(issuer.requests).toHaveLength(2);
});
