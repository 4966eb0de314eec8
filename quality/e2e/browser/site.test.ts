/** The site of the documentation as a reader sees it: built, served as files, without a network. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { GROUPS } from "../../../docs/.vitepress/pages";
import { startBrowser, visit } from "./chromium";

const out = mkdtempSync(join(tmpdir(), "site-"));
let browser: Browser;
let server: Server;
let url: string;

beforeAll(async () => {
  execFileSync("npm", ["run", "docs:build", "--", "--outDir", out], { stdio: "pipe" });
  server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const file = join(out, normalize(pathname), pathname.endsWith("/") ? "index.html" : "");
    if (existsSync(file)) response.writeHead(200, { "Content-Type": typeOf(file) }).end(readFileSync(file));
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await startBrowser();
});

afterAll(async () => {
  await browser.close();
  server.close();
  rmSync(out, { recursive: true });
});

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
const typeOf = (file: string): string => TYPES[extname(file)] ?? "application/octet-stream";

test("the sidebar of the home page and of each page leads to the next page, and no request leaves the host", async () => {
  const { page, outside, complaints } = await visit(browser);
  await page.goto(url);
  await page.getByRole("heading", { name: "convex-hono-api", level: 1 }).waitFor();
  for (const { title, path } of GROUPS.flatMap(({ pages }) => pages)) {
    await page.getByRole("navigation").getByRole("link", { name: title, exact: true }).click();
    await page.waitForURL(`${url}/${path}.html`);
    await page.locator("main h1").waitFor();
  }
  expect({ outside, complaints }).toEqual({ outside: [], complaints: [] });
});

test("the search finds a section, and leads to it", async () => {
  const { page, outside, complaints } = await visit(browser);
  await page.goto(url);
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("searchbox").fill("idempotency");
  const first = page.getByRole("listbox").getByRole("option").first();
  await first.waitFor();
  expect(await first.innerText()).not.toBe("");
  await first.click();
  await page
    .locator("main")
    .getByText(/idempotency/i)
    .first()
    .waitFor();
  expect({ outside, complaints }).toEqual({ outside: [], complaints: [] });
});

test("the reference is a page of the site, and shows an operation", async () => {
  const { page, outside, complaints } = await visit(browser);
  await page.goto(url);
  await page.getByRole("link", { name: "OpenAPI reference" }).first().click();
  await page.waitForURL(`${url}/reference/`);
  await page.getByRole("button", { name: "Open Group - Items" }).click();
  await page.getByRole("link", { name: "Fetch one item" }).click();
  await page.getByRole("heading", { name: "Fetch one item" }).waitFor();
  expect({ outside, complaints }).toEqual({ outside: [], complaints: [] });
});

test("each link between pages has its page and its heading", () => {
  const files = readdirSync(out, { recursive: true, encoding: "utf8" });
  const pages = files.filter((file) => file.endsWith(".html") && !/^(?:reference\/|404)/.test(file));
  const html = new Map(pages.map((file) => [`/${file}`, readFileSync(join(out, file), "utf8")]));
  const broken: string[] = [];
  let links = 0;
  for (const [from, text] of html)
    for (const [, href = ""] of text.matchAll(/<a [^>]*?href="([^"]+)"/g)) {
      const { origin, pathname, hash } = new URL(href, `http://site${from}`);
      if (origin !== "http://site" || pathname.startsWith("/reference/")) continue;
      links++;
      const target = html.get(pathname.endsWith("/") ? `${pathname}index.html` : pathname);
      const id = decodeURIComponent(hash.slice(1));
      if (target === undefined || (id !== "" && !target.includes(`id="${id}"`)))
        broken.push(`${from}: ${href}`);
    }
  expect(links).toBeGreaterThan(pages.length);
  expect(broken).toEqual([]);
});
