import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writeSite } from "./staticSite";

/** Writes a site of the generated document, with a stub for the script. */
function site(server?: string) {
  const directory = mkdtempSync(join(tmpdir(), "site-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const script = join(directory, "script.js");
  writeFileSync(script, "a script");
  const out = join(directory, "deep", "site");
  writeSite({ out, document: "openapi/openapi.json", script, server });
  return { out, read: (file: string) => readFileSync(join(out, file), "utf8") };
}

test("the site contains all its files and refers to no other files or hosts", () => {
  const { out, read } = site();
  expect(readdirSync(out).sort()).toEqual(["index.html", "openapi.json", "scalar.js"]);
  expect(read("scalar.js")).toBe("a script");
  const addresses = [...read("index.html").matchAll(/\s(?:src|href|data-url|action)="([^"]*)"/g)];
  expect(addresses.map(([, address]) => address).sort()).toEqual([
    "data:,",
    "openapi.json",
    "openapi.json",
    "scalar.js",
  ]);
  expect(read("index.html")).not.toMatch(/\w:\/\/|[("'=]\/\//);
});

test("the page declares its own Content-Security-Policy, because any host may serve it", () => {
  const [, policy] =
    /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(site().read("index.html")) ?? [];
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).toContain("connect-src 'self';");
  // Browsers ignore `frame-ancestors` outside of a header, and warn about it.
  expect(policy).not.toContain("frame-ancestors");
});

test("the document is unchanged, except for the address of the server in the options", () => {
  const generated = JSON.parse(readFileSync("openapi/openapi.json", "utf8")) as object;
  expect(JSON.parse(site().read("openapi.json"))).toEqual(generated);
  const { read } = site("https://api.example/v1");
  expect(JSON.parse(read("openapi.json"))).toEqual({
    ...(JSON.parse(
      JSON.stringify(generated).replaceAll("https://api.example.com", "https://api.example/v1"),
    ) as object),
    servers: [{ url: "https://api.example/v1" }],
  });
  expect(read("index.html")).toContain("connect-src 'self' https://api.example;");
});

test("a server without an absolute URL is refused", () => {
  expect(() => site("api.example")).toThrow("Invalid URL");
});
