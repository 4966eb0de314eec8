/** The doctor reports faulty settings by name, and secrets without their values. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { settings } from "../checkout";

const root = resolve(import.meta.dirname, "../../..");
const LONG = "0123456789abcdef0123456789abcdef";
const KEY = Buffer.alloc(32).toString("base64");
const IN_CLEAR = expect.stringMatching(/^warning SECRETS_KEY is not set, .* in clear/) as unknown;
const CLERK = `whsec_${Buffer.from(LONG).toString("base64")}`;

/** Checks an env file with this text, and returns the findings as lines. */
function on(text: string): string[] {
  const directory = mkdtempSync(join(tmpdir(), "doctor-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const envFile = join(directory, "env");
  writeFileSync(envFile, text);
  const found = settings({ project: root, host: {}, envFile });
  return found.map((finding) => `${finding.level} ${finding.what} → ${finding.do ?? ""}`);
}

test("valid settings are counted, and webhooks are listed", () => {
  const text = [
    "CORS_ORIGINS=https://app.example.com, https://*.example.com, http://localhost:5173, HTTPS://B.Example.com/",
    "REQUEST_TIMEOUT_MS=10000",
    "RATE_LIMIT_KEY_PER_MINUTE=0",
    "CLERK_JWT_ISSUER_DOMAIN=https://a.clerk.accounts.dev",
    "OIDC_ISSUER=https://issuer.example.com/",
    "OIDC_AUDIENCE=api",
    `STRIPE_WEBHOOK_SECRET=whsec_${LONG},whsec_${LONG}`,
    `CLERK_WEBHOOK_SECRET=${CLERK}`,
    "DOCS_SCRIPT_URL=/docs/scalar.js",
    "API_CONTACT=help@example.com",
    "COLLECT_UNREGISTERED_FILES=no",
    "CONVEX_SITE_URL=https://api.example.com",
    "PUBLIC_URL=https://example.com/rest",
    "CORS_HEADERS=X-Datadog-Trace-Id, X-Tenant",
    `SECRETS_KEY=${KEY},${KEY}`,
  ];
  expect(on(text.join("\n"))).toEqual([
    "ok 14 set; the others have their defaults → ",
    "ok webhooks open: stripe, clerk; closed because no secret is set: github → ",
  ]);
});

test("variables that `npx convex dev` writes for a frontend get no warning", () => {
  const text = "VITE_CONVEX_URL=https://a-1.convex.cloud\nVITE_CONVEX_SITE_URL=https://a-1.convex.site\n";
  expect(on(text)[0]).toBe("ok 0 set; the others have their defaults → ");
});

test("a project without webhooks gets no findings about webhooks", () => {
  const project = mkdtempSync(join(tmpdir(), "doctor-test-"));
  onTestFinished(() => rmSync(project, { recursive: true }));
  const found = settings({ project, host: {} });
  expect(found.map(({ what }) => what)).toEqual(["0 set; the others have their defaults"]);
});

test("a malformed line is reported, and the lines after it are read", () => {
  expect(on("CORS_ORIGINS=*\nthis is nonsense\nRATE_LIMIT_KEY_PER_MINUTE=abc\n")).toEqual([
    expect.stringMatching(/^problem .*env:2: .+ → Correct or delete the line\.$/),
    expect.stringMatching(/^problem RATE_LIMIT_KEY_PER_MINUTE=abc is not a whole number/),
    expect.stringMatching(/^ok webhooks/),
    IN_CLEAR,
  ]);
});

test("the webhook secrets in the documentation's examples are valid", () => {
  const docs = (file: string): string => readFileSync(join(root, "docs", file), "utf8");
  const [, block = ""] = /^cat >> \.env\.local <<'END'\n([^]*?)^END$/m.exec(docs("webhooks.md")) ?? [];
  const guide = docs("guides/add-a-webhook-source.md");
  const [, acme = ""] = /^echo "(ACME_WEBHOOK_SECRET=.*)" >>/m.exec(guide) ?? [];
  expect(on(`${block}${acme.replace("ACME", "GITHUB")}`)).toEqual([
    "ok 3 set; the others have their defaults → ",
    "ok webhooks open: stripe, clerk, github → ",
    IN_CLEAR,
  ]);
});

test("without settings, the defaults apply and the webhooks are closed", () => {
  expect(on("")).toEqual([
    "ok 0 set; the others have their defaults → ",
    "ok webhooks closed because no secret is set: stripe, clerk, github → ",
    IN_CLEAR,
  ]);
});

test.each([
  ["CORS_ORIGIN=*", /^problem CORS_ORIGIN is not a setting.* → Rename it to CORS_ORIGINS in/],
  ["STRIPE_WEBHOOK_SECRETS=x", /^problem STRIPE_WEBHOOK_SECRETS .* → Rename it to STRIPE_WEBHOOK_SECRET in/],
  ["WEBHOOK_RETENTION_DAY=3", /^problem .* → Rename it to WEBHOOK_RETENTION_DAYS in/],
  ["cors_origins=*", /^problem .* → Rename it to CORS_ORIGINS in/],
  ["FAVOURITE_COLOUR=red", /^warning FAVOURITE_COLOUR is not a setting/],
  [
    "REQUEST_TIMEOUT_MS=25s",
    /^problem REQUEST_TIMEOUT_MS=25s is not a whole number of at least 1.*25000 applies/,
  ],
  ["REQUEST_TIMEOUT_MS=0", /^problem REQUEST_TIMEOUT_MS=0/],
  ["RATE_LIMIT_IP_PER_MINUTE=-1", /^problem RATE_LIMIT_IP_PER_MINUTE=-1 is not a whole number of at least 0/],
  ["WEBHOOK_RETENTION_DAYS=1.5", /^problem WEBHOOK_RETENTION_DAYS=1\.5/],
  ["QUOTA_ENDPOINTS=many", /^problem QUOTA_ENDPOINTS=many is not a whole number of at least 0/],
  [`SECRETS_KEY=${KEY},abc`, /^problem SECRETS_KEY, key 2 of 2, is not 32 bytes in base64/],
  ["WEBHOOK_ALLOW_HTTP=on", /^warning WEBHOOK_ALLOW_HTTP=on is read as no/],
  ["WEBHOOK_ALLOW_HTTP=1", /^warning WEBHOOK_ALLOW_HTTP allows webhooks to http:/],
  ["COLLECT_UNREGISTERED_FILES=on", /^warning COLLECT_UNREGISTERED_FILES=on is read as no/],
  ["PUBLIC_URL=example.com/rest", /^problem PUBLIC_URL=example\.com\/rest is not an address/],
  ["PUBLIC_URL=https://example.com/?a=b", /^problem PUBLIC_URL=.* is not an address/],
  ["PUBLIC_URL=http://example.com", /^warning PUBLIC_URL is plain HTTP/],
  ["CORS_HEADERS=X-A, bad name", /^problem CORS_HEADERS: bad name is not the name of a header/],
  ["DOCS_SCRIPT_URL=scalar.js", /^problem DOCS_SCRIPT_URL=scalar\.js is neither/],
  ["API_CONTACT=call us", /^problem API_CONTACT=call us is neither an email address nor a URL/],
  ["DOCS_SCRIPT_URL=http://cdn.example.com/s.js", /^warning DOCS_SCRIPT_URL uses plain HTTP/],
  [`OIDC_AUDIENCE=${"a".repeat(8193)}`, /^problem OIDC_AUDIENCE is longer than 8 KiB/],
])("%s", (line, found) => {
  expect(on(line)).toContainEqual(expect.stringMatching(found));
});

test.each([
  ["app.example.com", /^problem CORS_ORIGINS: app\.example\.com is not an origin.* → Write scheme and host/],
  ["*.example.com", /^problem CORS_ORIGINS: \*\.example\.com is not an origin/],
  ["https://app.example.com/login", /has no effect.* → Write https:\/\/app\.example\.com\./],
  ["https://app.example.com:443", /has no effect.* → Write https:\/\/app\.example\.com\./],
  ["https://*.example.com/", null],
  ["https://*.example.com/x", /has no effect.* → Write https:\/\/\*\.example\.com\./],
  ["http://app.example.com", /^warning CORS_ORIGINS: http:\/\/app\.example\.com uses plain HTTP/],
  ["null", /^problem CORS_ORIGINS: null is not an origin/],
  ["*, https://app.example.com", /^warning CORS_ORIGINS has \* among/],
  [" ,", /^warning CORS_ORIGINS is empty/],
])("CORS_ORIGINS=%s", (list, found) => {
  const [first] = on(`CORS_ORIGINS="${list}"`);
  expect(first).toMatch(found ?? /^ok/);
});

test.each([
  ["CLERK_JWT_ISSUER_DOMAIN=a.clerk.accounts.dev", /^problem CLERK_JWT_ISSUER_DOMAIN=.* is not a URL/],
  [
    "CLERK_JWT_ISSUER_DOMAIN=https://a.clerk.accounts.dev/",
    /^problem CLERK_JWT_ISSUER_DOMAIN ends with a slash/,
  ],
  ["CLERK_JWT_ISSUER_DOMAIN=http://a.clerk.accounts.dev", /^problem CLERK_JWT_ISSUER_DOMAIN uses plain HTTP/],
  ["OIDC_ISSUER=https://issuer.example.com", /^problem OIDC_ISSUER is set without OIDC_AUDIENCE/],
  ["OIDC_AUDIENCE=api", /^problem OIDC_AUDIENCE is set without OIDC_ISSUER/],
  ["OIDC_ISSUER=issuer\nOIDC_AUDIENCE=api", /^problem OIDC_ISSUER=issuer is not a URL/],
  [
    "OIDC_ISSUER=https://a.dev\nOIDC_AUDIENCE=api\nCLERK_JWT_ISSUER_DOMAIN=https://a.dev",
    /^warning OIDC_ISSUER and CLERK_JWT_ISSUER_DOMAIN name the same issuer/,
  ],
])("%s", (lines, found) => {
  expect(on(lines)).toContainEqual(expect.stringMatching(found));
});

test.each([
  ["STRIPE", `sk_live_${LONG}`, "problem STRIPE_WEBHOOK_SECRET is an API key"],
  ["STRIPE", LONG, "problem STRIPE_WEBHOOK_SECRET does not begin with whsec_"],
  ["STRIPE", "whsec_test", "warning STRIPE_WEBHOOK_SECRET is so short that it can be guessed"],
  ["STRIPE", `whsec_${LONG},${LONG}`, "problem STRIPE_WEBHOOK_SECRET, secret 2 of 2, does not begin"],
  ["STRIPE", "whsec_…", "problem STRIPE_WEBHOOK_SECRET is a placeholder"],
  ["STRIPE", `whsec_${LONG} whsec_${LONG}`, "problem STRIPE_WEBHOOK_SECRET contains a space"],
  ["CLERK", `sk_test_${LONG}`, "problem CLERK_WEBHOOK_SECRET is an API key"],
  ["CLERK", LONG, "problem CLERK_WEBHOOK_SECRET is not whsec_ followed by base64"],
  ["CLERK", `whsec_${LONG}!`, "problem CLERK_WEBHOOK_SECRET is not whsec_ followed by base64"],
  ["CLERK", `whsec_${LONG}A`, "problem CLERK_WEBHOOK_SECRET is not whsec_ followed by base64"],
  ["GITHUB", "test", "warning GITHUB_WEBHOOK_SECRET is so short"],
  ["GITHUB", ",", "warning GITHUB_WEBHOOK_SECRET is empty, so /webhooks/github is closed"],
])("%s_WEBHOOK_SECRET=%s", (source, secret, found) => {
  const lines = on(`${source}_WEBHOOK_SECRET="${secret}"`);
  expect(lines).toContainEqual(expect.stringContaining(found));
  expect(lines.join("\n")).not.toContain(LONG);
});

test("a variable of the environment is reported only if it nearly matches a setting", () => {
  const project = mkdtempSync(join(tmpdir(), "doctor-test-"));
  onTestFinished(() => rmSync(project, { recursive: true }));
  const found = settings({ project: root, host: { CORS_ORIGNS: "*", EDITOR_OF_CHOICE: "ed" } });
  expect(found.map(({ what }) => what)).toContainEqual(
    expect.stringMatching(/^CORS_ORIGNS is not a setting/),
  );
  expect(found.map(({ what }) => what).join()).not.toContain("EDITOR");
});
