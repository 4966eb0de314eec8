/** The doctor reports faulty settings by name, and secrets without their values. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { settings } from "../checkout";
import { webhookSetting, webhookSources } from "../settings";
import { findingsIn, LONG, root } from "./settings.testing";

const SOURCES = webhookSources(root);
const others = SOURCES.filter((source) => source !== "clerk").join(", ");
const KEY = Buffer.alloc(32).toString("base64");
const IN_PLAIN_TEXT = expect.stringMatching(/^warning SECRETS_KEY is not set, .* in plain text/) as unknown;
const CLERK = `whsec_${Buffer.from(LONG).toString("base64")}`;

test("valid settings are counted, and webhooks are listed", () => {
  const text = [
    "CORS_ORIGINS=https://app.example.com, https://*.example.com, http://localhost:5173, HTTPS://B.Example.com/",
    "REQUEST_TIMEOUT_MS=10000",
    "RATE_LIMIT_KEY_PER_MINUTE=0",
    "CLERK_JWT_ISSUER_DOMAIN=https://a.clerk.accounts.dev",
    "OIDC_ISSUER=https://issuer.example.com/",
    "OIDC_AUDIENCE=api",
    `CLERK_WEBHOOK_SECRET=${CLERK},${CLERK}`,
    "DOCS_SCRIPT_URL=/docs/scalar.js",
    "API_CONTACT=help@example.com",
    "COLLECT_UNREGISTERED_FILES=no",
    "CONVEX_SITE_URL=https://api.example.com",
    "PUBLIC_URL=https://example.com/rest",
    "CORS_HEADERS=X-Datadog-Trace-Id, X-Tenant",
    `SECRETS_KEY=${KEY},${KEY}`,
  ];
  expect(findingsIn(text.join("\n"))).toEqual([
    "ok 13 set; the others have their defaults → ",
    `ok webhooks open: clerk${others && `; closed because no secret is set: ${others}`} → `,
  ]);
});

test("variables that `npx convex dev` writes for a frontend get no warning", () => {
  const text = "VITE_CONVEX_URL=https://a-1.convex.cloud\nVITE_CONVEX_SITE_URL=https://a-1.convex.site\n";
  expect(findingsIn(text)[0]).toBe("ok 0 set; the others have their defaults → ");
});

test("a project without webhooks gets no findings about webhooks", () => {
  const project = mkdtempSync(join(tmpdir(), "doctor-test-"));
  onTestFinished(() => rmSync(project, { recursive: true }));
  const found = settings({ project, host: {} });
  expect(found.map(({ what }) => what)).toEqual(["0 set; the others have their defaults"]);
});

test("a malformed line is reported, and the lines after it are read", () => {
  expect(findingsIn("CORS_ORIGINS=*\nthis is nonsense\nRATE_LIMIT_KEY_PER_MINUTE=abc\n")).toEqual([
    expect.stringMatching(/^problem .*env:2: .+ → Correct or delete the line\.$/),
    expect.stringMatching(/^problem RATE_LIMIT_KEY_PER_MINUTE=abc is not a whole number/),
    expect.stringMatching(/^ok webhooks/),
    IN_PLAIN_TEXT,
  ]);
});

test("the webhook secrets in the documentation's examples are valid", () => {
  const page = readFileSync(join(root, "docs", "webhooks.md"), "utf8");
  const [, block = ""] = /^cat >> \.env\.local <<'END'\n([^]*?)^END$/m.exec(page) ?? [];
  const lines = SOURCES.map((source) => new RegExp(`^${webhookSetting(source)}=.+$`, "m").exec(block)?.[0]);
  expect(lines).not.toContain(undefined);
  expect(findingsIn(lines.join("\n"))).toEqual([
    `ok ${SOURCES.length} set; the others have their defaults → `,
    `ok webhooks open: ${SOURCES.join(", ")} → `,
    IN_PLAIN_TEXT,
  ]);
});

test("without settings, the defaults apply and the webhooks are closed", () => {
  expect(findingsIn("")).toEqual([
    "ok 0 set; the others have their defaults → ",
    `ok webhooks closed because no secret is set: ${SOURCES.join(", ")} → `,
    IN_PLAIN_TEXT,
  ]);
});

test.each([
  ["CORS_ORIGIN=*", /^problem CORS_ORIGIN is not a setting.* → Rename it to CORS_ORIGINS in/],
  ["CLERK_WEBHOOK_SECRETS=x", /^problem CLERK_WEBHOOK_SECRETS .* → Rename it to CLERK_WEBHOOK_SECRET in/],
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
  expect(findingsIn(line)).toContainEqual(expect.stringMatching(found));
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
  const [first] = findingsIn(`CORS_ORIGINS="${list}"`);
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
  expect(findingsIn(lines)).toContainEqual(expect.stringMatching(found));
});

test.each([
  [`sk_test_${LONG}`, "problem CLERK_WEBHOOK_SECRET is an API key"],
  [LONG, "problem CLERK_WEBHOOK_SECRET is not whsec_ followed by base64"],
  [`whsec_${LONG}!`, "problem CLERK_WEBHOOK_SECRET is not whsec_ followed by base64"],
  [`whsec_${LONG}A`, "problem CLERK_WEBHOOK_SECRET is not whsec_ followed by base64"],
  [`${CLERK},${LONG}`, "problem CLERK_WEBHOOK_SECRET, secret 2 of 2, is not whsec_"],
  ["whsec_…", "problem CLERK_WEBHOOK_SECRET is a placeholder"],
  [`${CLERK} ${CLERK}`, "problem CLERK_WEBHOOK_SECRET contains a space"],
  [`whsec_${btoa("test")}`, "warning CLERK_WEBHOOK_SECRET is so short that it can be guessed"],
  [",", "warning CLERK_WEBHOOK_SECRET is empty, so /webhooks/clerk is closed"],
])("CLERK_WEBHOOK_SECRET=%s", (secret, found) => {
  const lines = findingsIn(`CLERK_WEBHOOK_SECRET="${secret}"`);
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
