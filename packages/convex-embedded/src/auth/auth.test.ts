import { expect, test } from "vitest";
import type { LogLine } from "../exec/logLine";
import type { Origin } from "../exec/origins";
import type { Issuer, SigningKey } from "../../fixtures/issuer";
import { sign, signingKey, startIssuer } from "../../fixtures/issuer";
import type { Auth } from "../exec/auth";
import type { ProviderKeyCache } from "./auth";
import { createAuth } from "./auth";
import { parseProviders } from "./authProviders";

const NOW = 1_700_000_000_000;
const SECONDS = NOW / 1000;

const originOf = (token: string | null): Origin => ({ ip: null, userAgent: null, requestId: "1", token });

async function identify(auth: Auth, token: string | null): Promise<Record<string, unknown> | null> {
  return JSON.parse(await auth.identify(originOf(token))) as Record<string, unknown> | null;
}

interface Setup {
  readonly issuer: Issuer;
  readonly key: SigningKey;
  readonly auth: Auth;
  readonly claims: Record<string, unknown>;
  /** Milliseconds since 1970, for the test to change. */
  readonly time: { now: number };
  /** The log lines. */
  readonly lines: LogLine[];
}

/** Creates a verifier as a build does. */
async function authOf(providers: readonly object[], held: ProviderKeyCache = new Map()) {
  const time = { now: NOW };
  const lines: LogLine[] = [];
  const log = (line: LogLine): void => void lines.push(line);
  const auth = await createAuth(parseProviders({ providers }), { clock: () => time.now, log, held });
  return { auth, time, lines };
}

async function oidc(more: { domain?: (url: string) => string } = {}): Promise<Setup> {
  const key = await signingKey("one");
  const issuer = await startIssuer([key]);
  const made = await authOf([{ domain: more.domain?.(issuer.url) ?? issuer.url, applicationID: "app" }]);
  const claims = { iss: issuer.url, sub: "ada", aud: "app", iat: SECONDS, exp: SECONDS + 60 };
  return { issuer, key, claims, ...made };
}

async function customJwt(config: Record<string, unknown> = {}): Promise<Setup> {
  const key = await signingKey("elliptic", "ES256");
  const issuer = await startIssuer([key]);
  const provider = {
    type: "customJwt",
    issuer: "https://tokens.example",
    jwks: issuer.jwksUrl,
    algorithm: "ES256",
  };
  const made = await authOf([{ ...provider, ...config }]);
  const claims = { iss: "https://tokens.example", sub: "ada", exp: SECONDS + 60 };
  return { issuer, key, claims, ...made };
}

test("without a token there is no identity, and without providers every token is refused", async () => {
  const { auth } = await authOf([]);
  expect(await identify(auth, null)).toBeNull();
  await expect(identify(auth, "key_key")).rejects.toThrow(
    "No auth provider found matching the given token (no providers configured). Check convex/auth.config.ts.",
  );
});

test("an ID token's standard claims get Convex's names, other claims keep theirs, claims about the token are dropped", async () => {
  const { auth, key, claims, issuer } = await oidc();
  const token = await sign(key, {
    ...claims,
    name: "Ada",
    given_name: "A",
    family_name: "L",
    nickname: "al",
    preferred_username: "ada",
    profile: "https://p",
    picture: "https://i",
    website: "https://w",
    email: "a@x",
    email_verified: true,
    gender: "f",
    birthdate: "1815-12-10",
    zoneinfo: "Europe/London",
    locale: "en",
    phone_number: "+1",
    phone_number_verified: false,
    address: { formatted: "London" },
    updated_at: 1,
    jti: "1",
    nbf: SECONDS,
    nonce: "n",
    azp: "app",
    fva: [1],
    org: { id: 7, roles: ["admin"] },
    tokenIdentifier: "https://other|admin",
    subject: "admin",
  });
  expect(await identify(auth, token)).toEqual({
    tokenIdentifier: `${issuer.url}|ada`,
    subject: "ada",
    issuer: issuer.url,
    name: "Ada",
    givenName: "A",
    familyName: "L",
    nickname: "al",
    preferredUsername: "ada",
    profileUrl: "https://p",
    pictureUrl: "https://i",
    websiteUrl: "https://w",
    email: "a@x",
    emailVerified: true,
    gender: "f",
    birthday: "1815-12-10",
    timezone: "Europe/London",
    language: "en",
    phoneNumber: "+1",
    phoneNumberVerified: false,
    address: "London",
    updatedAt: "1970-01-01T00:00:01+00:00",
    org: { id: 7, roles: ["admin"] },
  });
});

test("only the standard claims mark an attribute as verified", async () => {
  const { auth, key, claims } = await oidc();
  const own = { emailVerified: true, phoneNumberVerified: true };
  const token = await sign(key, { ...claims, email: "a@x", email_verified: "false", ...own });
  const identity = await identify(auth, token);
  expect(identity).toMatchObject({ email: "a@x" });
  for (const name in own) expect(identity).not.toHaveProperty(name);
});

test("a custom token's claims keep their names, and claims of nested objects get dotted names", async () => {
  const { auth, key, claims } = await customJwt();
  const token = await sign(key, {
    ...claims,
    given_name: "A",
    org: { plan: { name: "pro" } },
    roles: ["x"],
    jti: "1",
  });
  expect(await identify(auth, token)).toEqual({
    tokenIdentifier: "https://tokens.example|ada",
    subject: "ada",
    issuer: "https://tokens.example",
    given_name: "A",
    "org.plan.name": "pro",
    roles: ["x"],
  });
});

test("a JWKS may be a data URI", async () => {
  const key = await signingKey("elliptic", "ES256");
  const jwks = `data:application/json;base64,${Buffer.from(JSON.stringify({ keys: [key.jwk] })).toString("base64")}`;
  for (const uri of [
    jwks,
    `data:text/plain;charset=utf-8,${encodeURIComponent(JSON.stringify({ keys: [key.jwk] }))}`,
  ]) {
    const { auth, claims, issuer } = await customJwt({ jwks: uri });
    expect(await identify(auth, await sign(key, claims))).toMatchObject({ subject: "ada" });
    expect(issuer.requests).toEqual([]);
  }
});

test.each([
  ["the configured issuer", (url: string) => url],
  ["with a trailing slash", (url: string) => `${url}/`],
])("the issuer is found: %s", async (_name, domain) => {
  const { auth, key, claims } = await oidc({ domain });
  expect(await identify(auth, await sign(key, claims))).toMatchObject({ subject: "ada" });
});

test("an ID token must have the issuer as its provider spells it", async () => {
  const { auth, key, claims, issuer } = await oidc();
  issuer.metadata = { issuer: `${issuer.url}/` };
  expect(await identify(auth, await sign(key, { ...claims, iss: `${issuer.url}/` }))).toMatchObject({
    tokenIdentifier: `${issuer.url}/|ada`,
  });
  await expect(identify(auth, await sign(key, claims))).rejects.toThrow("Could not verify OIDC token claim");
});

test("a custom token's issuer may lack the scheme or have a trailing slash", async () => {
  for (const iss of ["tokens.example", "https://tokens.example/"]) {
    const { auth, key, claims } = await customJwt();
    expect(await identify(auth, await sign(key, { ...claims, iss }))).toMatchObject({
      tokenIdentifier: `${iss}|ada`,
    });
  }
});

test("the application id is checked if the provider has one", async () => {
  const { auth, key, claims } = await customJwt({ applicationID: "app" });
  expect(await identify(auth, await sign(key, { ...claims, aud: ["other", "app"] }))).toMatchObject({
    subject: "ada",
  });
  await expect(identify(auth, await sign(key, { ...claims, aud: "other" }))).rejects.toThrow(
    "No auth provider found",
  );
  await expect(identify(auth, await sign(key, claims))).rejects.toThrow("No auth provider found");
});

/** Creates nested arrays. */
const nested = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));

const unsigned = (header: object, claims: object): string =>
  [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".") + ".";

test.each<[string, (setup: Setup) => Promise<string> | string, string]>([
  ["text that is not a JWT", () => "key_abc", "Could not parse JWT payload"],
  ["three invalid parts", () => "a.b.c", "Could not parse JWT payload"],
  ["an empty token", () => "", "Could not parse JWT payload"],
  [
    "a megabyte",
    ({ claims }) => unsigned({ alg: "RS256" }, { ...claims, x: "x".repeat(1e6) }),
    "Could not parse JWT",
  ],
  ["an encrypted token", () => "a.b.c.d.e", "Could not parse JWT payload"],
  ["no issuer", ({ key, claims: { iss: _, ...rest } }) => sign(key, rest), "Missing issuer claim"],
  [
    "another issuer",
    ({ key, claims }) => sign(key, { ...claims, iss: "https://x" }),
    "No auth provider found",
  ],
  ["another audience", ({ key, claims }) => sign(key, { ...claims, aud: "x" }), "No auth provider found"],
  ["additional audiences", ({ key, claims }) => sign(key, { ...claims, aud: ["app", "x"] }), "audience"],
  ["expired", ({ key, claims }) => sign(key, { ...claims, exp: SECONDS }), '"exp"'],
  ["not yet valid", ({ key, claims }) => sign(key, { ...claims, nbf: SECONDS + 1 }), '"nbf"'],
  ["no expiry", ({ key, claims: { exp: _, ...rest } }) => sign(key, rest), '"exp"'],
  ["no subject", ({ key, claims: { sub: _, ...rest } }) => sign(key, rest), '"sub"'],
  ["alg none", ({ claims }) => unsigned({ alg: "none", kid: "one" }, claims), "Could not verify"],
  [
    "alg none with a signature",
    async ({ key, claims }) => {
      const [, payload, signature] = (await sign(key, claims)).split(".");
      return [Buffer.from('{"alg":"none","kid":"one"}').toString("base64url"), payload, signature].join(".");
    },
    "Could not verify",
  ],
  ["an unknown key", async ({ claims }) => sign(await signingKey("two"), claims), "Could not verify"],
  [
    "another key of the same name",
    async ({ claims }) => sign(await signingKey("two"), claims, { kid: "one" }),
    "Could not verify",
  ],
  [
    "an algorithm that Convex does not accept",
    async ({ issuer, claims }) => {
      const key = await signingKey("pss", "PS256");
      issuer.keys.push(key);
      return sign(key, claims);
    },
    "Could not verify",
  ],
  [
    "the public key as a secret",
    async ({ key, claims }) => {
      const { SignJWT } = await import("jose");
      const secret = new TextEncoder().encode(JSON.stringify(key.jwk));
      return new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "one" }).sign(secret);
    },
    "Could not verify",
  ],
  [
    "a changed payload",
    async ({ key, claims }) => {
      const [header, , signature] = (await sign(key, claims)).split(".");
      const payload = Buffer.from(JSON.stringify({ ...claims, sub: "admin" })).toString("base64url");
      return [header, payload, signature].join(".");
    },
    "Could not verify",
  ],
  [
    "a lone surrogate in a claim",
    ({ key, claims }) => sign(key, { ...claims, sub: "a\ud800" }),
    "Could not parse JWT payload",
  ],
  [
    "a lone surrogate in a claim's name",
    ({ key, claims }) => sign(key, { ...claims, org: [{ "\udfff": 1 }] }),
    "Could not parse JWT payload",
  ],
  [
    "a lone surrogate in the header",
    ({ key, claims }) => sign(key, claims, { kid: "\ud800" }),
    "Could not parse JWT payload",
  ],
  [
    "a claim nested deeper than Convex parses",
    ({ key, claims }) => sign(key, { ...claims, deep: nested(127) }),
    "Could not parse JWT payload",
  ],
  [
    "an unknown critical header",
    ({ key, claims }) =>
      sign(key, claims, { crit: ["x"], x: 1 }).catch(() =>
        unsigned({ alg: "RS256", kid: "one", crit: ["x"], x: 1 }, claims),
      ),
    "Could not verify",
  ],
])("an ID token is refused: %s", async (_name, tokenOf, message) => {
  const setup = await oidc();
  await expect(identify(setup.auth, await tokenOf(setup))).rejects.toThrow(message);
});

test("a claim nested as deep as Convex parses is accepted", async () => {
  const { auth, key, claims } = await oidc();
  expect(await identify(auth, await sign(key, { ...claims, deep: nested(126) }))).toMatchObject({
    subject: "ada",
  });
});

test("Ed25519 keys are accepted for ID tokens", async () => {
  const setup = await oidc();
  const key = await signingKey("edwards", "EdDSA");
  setup.issuer.keys = [key];
  expect(await identify(setup.auth, await sign(key, setup.claims))).toMatchObject({ subject: "ada" });
});

test("a custom token has a tolerance of five seconds", async () => {
  const { auth, key, claims, time } = await customJwt();
  const token = await sign(key, claims);
  time.now = NOW + 64_000;
  expect(await identify(auth, token)).toMatchObject({ subject: "ada" });
  time.now = NOW + 65_000;
  await expect(identify(auth, token)).rejects.toThrow("Could not validate token");
});

test("a custom token needs a key id and the configured algorithm", async () => {
  const { auth, key, claims, issuer } = await customJwt();
  await expect(identify(auth, await sign(key, claims, { kid: undefined } as never))).rejects.toThrow("'kid'");
  const rsa = await signingKey("one");
  issuer.keys.push(rsa);
  await expect(identify(auth, await sign(rsa, claims))).rejects.toThrow("Could not decode token");
});

test("a token is verified once per request", async () => {
  const { auth, key, claims, time } = await oidc();
  const origin = originOf(await sign(key, claims));
  const first = await auth.identify(origin);
  time.now += 3_600_000;
  expect(await auth.identify(origin)).toBe(first);
});

test("keys are fetched once for all tokens, and again when they are old", async () => {
  const { auth, key, claims, issuer, time } = await oidc();
  const token = await sign(key, { ...claims, exp: SECONDS + 9_999 });
  await Promise.all(Array.from({ length: 20 }, () => identify(auth, token)));
  expect(issuer.requests).toEqual(["/.well-known/openid-configuration", "/jwks"]);
  time.now += 600_000;
  await identify(auth, token);
  expect(issuer.requests).toHaveLength(4);
});

test("a new key is found, and many unknown keys do not cause many requests", async () => {
  const { auth, key, claims, issuer, time } = await oidc();
  const next = await signingKey("two");
  const late = { ...claims, exp: SECONDS + 9_999 };
  await identify(auth, await sign(key, late));
  issuer.keys = [next];
  const token = await sign(next, late);
  for (let i = 0; i < 50; i++) await expect(identify(auth, token)).rejects.toThrow("Could not verify");
  expect(issuer.requests).toHaveLength(2);

  time.now += 30_000;
  expect(await identify(auth, token)).toMatchObject({ subject: "ada" });
  const forged = await sign(key, late, { kid: "three" });
  await Promise.all(
    Array.from({ length: 50 }, () => expect(identify(auth, forged)).rejects.toThrow("Could not verify")),
  );
  expect(issuer.requests).toHaveLength(4);
});

test("a failing provider is retried, but not for each token", async () => {
  const { auth, key, claims, issuer, time } = await oidc();
  const token = await sign(key, claims);
  issuer.answer = (_path, response) => response.writeHead(500).end();
  for (let i = 0; i < 5; i++) await expect(identify(auth, token)).rejects.toThrow("answers with status 500");
  expect(issuer.requests).toHaveLength(1);
  issuer.answer = null;
  time.now += 2_000;
  expect(await identify(auth, token)).toMatchObject({ subject: "ada" });
});

test.each<[string, (setup: Setup) => void, string]>([
  [
    "a redirect",
    ({ issuer }) => (issuer.answer = (_p, r) => r.writeHead(302, { location: `${issuer.url}/x` }).end()),
    "status 302",
  ],
  [
    "no JSON",
    ({ issuer }) => (issuer.answer = (_p, r) => r.setHeader("content-type", "text/html").end("{}")),
    "text/html",
  ],
  [
    "too much",
    ({ issuer }) =>
      (issuer.answer = (_p, r) => r.setHeader("content-type", "application/json").end(" ".repeat(300_000))),
    "larger than",
  ],
  [
    "another issuer",
    ({ issuer }) => (issuer.metadata = { issuer: "https://other.example" }),
    "describes another issuer",
  ],
  [
    "keys without encryption",
    ({ issuer }) => (issuer.metadata = { jwks_uri: "http://keys.example/jwks" }),
    "must use HTTPS",
  ],
  [
    "keys in a file",
    ({ issuer }) => (issuer.metadata = { jwks_uri: "file:///etc/passwd" }),
    "must use HTTPS",
  ],
  [
    "no keys",
    ({ issuer }) => (issuer.metadata = { jwks_uri: `${issuer.url}/.well-known/openid-configuration` }),
    "not a JSON Web Key Set",
  ],
])("a provider's answer is refused: %s", async (_name, prepare, message) => {
  const setup = await oidc();
  prepare(setup);
  await expect(identify(setup.auth, await sign(setup.key, setup.claims))).rejects.toThrow(message);
  expect(setup.issuer.requests).not.toContain("/x");
});

test.each<[unknown, string]>([
  [{}, "the default export must be an object with a list `providers`"],
  [
    { providers: [{ domain: undefined, applicationID: "x" }] },
    "providers[0].domain is not set. If it comes from an",
  ],
  [{ providers: [{ domain: "https://x.example" }] }, "providers[0].applicationID is not set"],
  [{ providers: [{ domain: "http://x.example", applicationID: "x" }] }, "must use HTTPS"],
  [{ providers: [{ domain: "file://x", applicationID: "x" }] }, "must use HTTPS"],
  [{ providers: [{ type: "saml" }] }, 'type must be "customJwt"'],
  [
    { providers: [{ type: "customJwt", issuer: "x.example", jwks: "https://x/jwks", algorithm: "HS256" }] },
    "only RS256 and ES256 are supported",
  ],
  [
    { providers: [{ type: "customJwt", issuer: "x.example", jwks: "http://x/jwks", algorithm: "RS256" }] },
    "providers[0].jwks",
  ],
])("a configuration is refused with file and field: %j", (config, message) => {
  expect(() => parseProviders(config)).toThrow(message);
  expect(() => parseProviders(config)).toThrow("convex/auth.config.ts: ");
});

test("a token from the future is refused if it is more than five seconds ahead, except for OpenID Connect", async () => {
  const custom = await customJwt();
  const issuedIn = (seconds: number) => sign(custom.key, { ...custom.claims, iat: SECONDS + seconds });
  expect(await identify(custom.auth, await issuedIn(5))).toMatchObject({ subject: "ada" });
  await expect(identify(custom.auth, await issuedIn(6))).rejects.toThrow("issued in the future");
  const connect = await oidc();
  const token = await sign(connect.key, { ...connect.claims, iat: SECONDS + 60 });
  expect(await identify(connect.auth, token)).toMatchObject({ subject: "ada" });
});

test("refusals have Convex's codes", async () => {
  const { auth, key, claims } = await customJwt();
  const codeOf = async (token: string) => {
    const error: unknown = await identify(auth, token).catch((thrown: unknown) => thrown);
    return (error as { code?: string }).code;
  };
  expect(await codeOf("a.b.c")).toBe("InvalidAuthHeader");
  expect(await codeOf(await sign(key, { ...claims, iss: "https://other.example" }))).toBe("NoAuthProvider");
  expect(await codeOf(await sign(key, { ...claims, exp: SECONDS - 60 }))).toBe("InvalidAuthHeader");
  const connect = await oidc();
  const late = await sign(connect.key, { ...connect.claims, exp: SECONDS - 1 });
  await expect(identify(connect.auth, late)).rejects.toMatchObject({ code: "Unauthenticated" });
});
