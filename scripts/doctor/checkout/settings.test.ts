/** What is planted into the settings is found, by its name and without its value. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { settings } from "../checkout";

const root = resolve(import.meta.dirname, "../../..");
const LONG = "0123456789abcdef0123456789abcdef";
const CLERK = `whsec_${Buffer.from(LONG).toString("base64")}`;

/** The findings on an env file, as lines. */
function on(text: string): string[] {
  const directory = mkdtempSync(join(tmpdir(), "doctor-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const envFile = join(directory, "env");
  writeFileSync(envFile, text);
  const found = settings({ project: root, host: {}, envFile });
  return found.map((finding) => `${finding.level} ${finding.what} → ${finding.do ?? ""}`);
}

test("settings that are as they should be are counted, and webhooks listed", () => {
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
    "COLLECT_UNREGISTERED_FILES=no",
    "CONVEX_SITE_URL=https://api.example.com",
    "PUBLIC_URL=https://example.com/rest",
    "CORS_HEADERS=X-Datadog-Trace-Id, X-Tenant",
  ];
  expect(on(text.join("\n"))).toEqual([
    "ok 12 set, the others have their defaults → ",
    "ok webhooks open: stripe, clerk; closed, without a secret: github → ",
  ]);
});

test("what `npx convex dev` writes for a frontend is no unknown setting", () => {
  const text = "VITE_CONVEX_URL=https://a-1.convex.cloud\nVITE_CONVEX_SITE_URL=https://a-1.convex.site\n";
  expect(on(text)[0]).toBe("ok 0 set, the others have their defaults → ");
});

test("a project without webhooks is told nothing of them", () => {
  const project = mkdtempSync(join(tmpdir(), "doctor-test-"));
  onTestFinished(() => rmSync(project, { recursive: true }));
  const found = settings({ project, host: {} });
  expect(found.map(({ what }) => what)).toEqual(["0 set, the others have their defaults"]);
});

test("a line that sets nothing is told, and those after it are read", () => {
  expect(on("CORS_ORIGINS=*\nthis is nonsense\nRATE_LIMIT_KEY_PER_MINUTE=abc\n")).toEqual([
    expect.stringMatching(
      /^problem .*env:2: this is no NAME=value, and no comment → Mend the line, or take it out\.$/,
    ),
    expect.stringMatching(/^problem RATE_LIMIT_KEY_PER_MINUTE=abc is no whole number/),
    expect.stringMatching(/^ok webhooks/),
  ]);
});

test("nothing is to be said of the secrets that the README sets to try webhooks", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, block = ""] = /^cat >> \.env\.local <<'END'\n([^]*?)^END$/m.exec(readme) ?? [];
  const [, acme = ""] = /^echo "(ACME_WEBHOOK_SECRET=.*)" >>/m.exec(readme) ?? [];
  expect(on(`${block}${acme.replace("ACME", "GITHUB")}`)).toEqual([
    "ok 3 set, the others have their defaults → ",
    "ok webhooks open: stripe, clerk, github → ",
  ]);
});

test("without any, all have their defaults and the webhooks are closed", () => {
  expect(on("")).toEqual([
    "ok 0 set, the others have their defaults → ",
    "ok webhooks closed, without a secret: stripe, clerk, github → ",
  ]);
});

test.each([
  ["CORS_ORIGIN=*", /^problem CORS_ORIGIN is no setting.* → Call it CORS_ORIGINS/],
  ["STRIPE_WEBHOOK_SECRETS=x", /^problem STRIPE_WEBHOOK_SECRETS .* → Call it STRIPE_WEBHOOK_SECRET,/],
  ["WEBHOOK_RETENTION_DAY=3", /^problem .* → Call it WEBHOOK_RETENTION_DAYS/],
  ["cors_origins=*", /^problem .* → Call it CORS_ORIGINS/],
  ["FAVOURITE_COLOUR=red", /^warning FAVOURITE_COLOUR is no setting/],
  ["REQUEST_TIMEOUT_MS=25s", /^problem REQUEST_TIMEOUT_MS=25s is no whole number from 1 on.*25000 counts/],
  ["REQUEST_TIMEOUT_MS=0", /^problem REQUEST_TIMEOUT_MS=0/],
  ["RATE_LIMIT_IP_PER_MINUTE=-1", /^problem RATE_LIMIT_IP_PER_MINUTE=-1 is no whole number from 0 on/],
  ["WEBHOOK_RETENTION_DAYS=1.5", /^problem WEBHOOK_RETENTION_DAYS=1\.5/],
  ["COLLECT_UNREGISTERED_FILES=on", /^warning COLLECT_UNREGISTERED_FILES=on means no/],
  ["PUBLIC_URL=example.com/rest", /^problem PUBLIC_URL=example\.com\/rest is not an address/],
  ["PUBLIC_URL=https://example.com/?a=b", /^problem PUBLIC_URL=.* is not an address/],
  ["PUBLIC_URL=http://example.com", /^warning PUBLIC_URL is plain HTTP/],
  ["CORS_HEADERS=X-A, bad name", /^problem CORS_HEADERS: bad name is not the name of a header/],
  ["DOCS_SCRIPT_URL=scalar.js", /^problem DOCS_SCRIPT_URL=scalar\.js is neither/],
  ["DOCS_SCRIPT_URL=http://cdn.example.com/s.js", /^warning DOCS_SCRIPT_URL is not HTTPS/],
  [`OIDC_AUDIENCE=${"a".repeat(8193)}`, /^problem OIDC_AUDIENCE has more than 8 KiB/],
])("%s", (line, found) => {
  expect(on(line)).toContainEqual(expect.stringMatching(found));
});

test.each([
  ["app.example.com", /^problem CORS_ORIGINS: app\.example\.com is no origin.* → Write scheme and host/],
  ["*.example.com", /^problem CORS_ORIGINS: \*\.example\.com is no origin/],
  ["https://app.example.com/login", /allows nobody.* → Write https:\/\/app\.example\.com\./],
  ["https://app.example.com:443", /allows nobody.* → Write https:\/\/app\.example\.com\./],
  ["https://*.example.com/", null],
  ["https://*.example.com/x", /allows nobody.* → Write https:\/\/\*\.example\.com\./],
  ["http://app.example.com", /^warning CORS_ORIGINS: http:\/\/app\.example\.com is plain HTTP/],
  ["null", /^problem CORS_ORIGINS: null is no origin/],
  ["*, https://app.example.com", /^warning CORS_ORIGINS has a \* among/],
  [" ,", /^warning CORS_ORIGINS is empty/],
])("CORS_ORIGINS=%s", (list, found) => {
  const [first] = on(`CORS_ORIGINS="${list}"`);
  expect(first).toMatch(found ?? /^ok/);
});

test.each([
  ["CLERK_JWT_ISSUER_DOMAIN=a.clerk.accounts.dev", /^problem CLERK_JWT_ISSUER_DOMAIN=.* is no URL/],
  [
    "CLERK_JWT_ISSUER_DOMAIN=https://a.clerk.accounts.dev/",
    /^problem CLERK_JWT_ISSUER_DOMAIN ends with a slash/,
  ],
  ["CLERK_JWT_ISSUER_DOMAIN=http://a.clerk.accounts.dev", /^problem CLERK_JWT_ISSUER_DOMAIN is not HTTPS/],
  ["OIDC_ISSUER=https://issuer.example.com", /^problem OIDC_ISSUER is set without OIDC_AUDIENCE/],
  ["OIDC_AUDIENCE=api", /^problem OIDC_AUDIENCE is set without OIDC_ISSUER/],
  ["OIDC_ISSUER=issuer\nOIDC_AUDIENCE=api", /^problem OIDC_ISSUER=issuer is no URL/],
  [
    "OIDC_ISSUER=https://a.dev\nOIDC_AUDIENCE=api\nCLERK_JWT_ISSUER_DOMAIN=https://a.dev",
    /^warning OIDC_ISSUER is the issuer of CLERK_JWT_ISSUER_DOMAIN too/,
  ],
])("%s", (lines, found) => {
  expect(on(lines)).toContainEqual(expect.stringMatching(found));
});

test.each([
  ["STRIPE", `sk_live_${LONG}`, "problem STRIPE_WEBHOOK_SECRET is an API key"],
  ["STRIPE", LONG, "problem STRIPE_WEBHOOK_SECRET does not begin with whsec_"],
  ["STRIPE", "whsec_test", "warning STRIPE_WEBHOOK_SECRET is short enough to be guessed"],
  ["STRIPE", `whsec_${LONG},${LONG}`, "problem STRIPE_WEBHOOK_SECRET, secret 2 of 2, does not begin"],
  ["STRIPE", "whsec_…", "problem STRIPE_WEBHOOK_SECRET is a placeholder"],
  ["STRIPE", `whsec_${LONG} whsec_${LONG}`, "problem STRIPE_WEBHOOK_SECRET has a space in it"],
  ["CLERK", `sk_test_${LONG}`, "problem CLERK_WEBHOOK_SECRET is an API key"],
  ["CLERK", LONG, "problem CLERK_WEBHOOK_SECRET is not whsec_ and base64"],
  ["CLERK", `whsec_${LONG}!`, "problem CLERK_WEBHOOK_SECRET is not whsec_ and base64"],
  ["CLERK", `whsec_${LONG}A`, "problem CLERK_WEBHOOK_SECRET is not whsec_ and base64"],
  ["GITHUB", "test", "warning GITHUB_WEBHOOK_SECRET is short enough"],
  ["GITHUB", ",", "warning GITHUB_WEBHOOK_SECRET is empty, so /webhooks/github is closed"],
])("%s_WEBHOOK_SECRET=%s", (source, secret, found) => {
  const lines = on(`${source}_WEBHOOK_SECRET="${secret}"`);
  expect(lines).toContainEqual(expect.stringContaining(found));
  expect(lines.join("\n")).not.toContain(LONG);
});

test("of the environment only what is nearly a setting is told: the rest is somebody else's", () => {
  const project = mkdtempSync(join(tmpdir(), "doctor-test-"));
  onTestFinished(() => rmSync(project, { recursive: true }));
  const found = settings({ project: root, host: { CORS_ORIGNS: "*", EDITOR_OF_CHOICE: "ed" } });
  expect(found.map(({ what }) => what)).toContainEqual(expect.stringMatching(/^CORS_ORIGNS is no setting/));
  expect(found.map(({ what }) => what).join()).not.toContain("EDITOR");
});
