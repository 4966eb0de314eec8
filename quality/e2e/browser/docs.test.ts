/** The reference page in a real browser, without a network. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { API } from "../../../convex/http/system/system.contract";
import { checkedFetch } from "../../../openapi/contract/check";
import { startBrowser, visit } from "./chromium";
import { startReference, type Reference } from "./reference";

let reference: Reference;
let browser: Browser;
let api: Reference["api"];
let key: string;

beforeAll(async () => {
  [reference, browser] = await Promise.all([startReference(), startBrowser()]);
  ({ api } = reference);
  const options = { name: "browser", scopes: ["*"], email: "browser@example.com" };
  ({ key } = (await api.run("apiKeys:issue", options)) as { key: string });
});

afterAll(async () => {
  await browser.close();
  await reference.close();
});

type Operation = { operationId: string; summary: string };
const { paths } = JSON.parse(readFileSync("openapi/openapi.json", "utf8")) as {
  paths: Record<string, Record<string, Operation>>;
};

/** Opens an operation from the sidebar, and its form for sending a request. @returns the form. */
async function form(page: Page, tag: string, method: string, path: string) {
  const { summary = "" } = paths[path]?.[method] ?? {};
  await page.getByRole("button", { name: `Open Group - ${tag}` }).click();
  await page.getByRole("link", { name: summary }).click();
  await page.getByRole("heading", { name: summary }).waitFor();
  await page.getByRole("button", { name: `Test Request (${method} ${path})` }).click();
  return page.getByRole("dialog");
}

/** Sends the request of a form as the page has filled it in, with a key. @returns the reply. */
async function sent(page: Page, dialog: Awaited<ReturnType<typeof form>>, path: string) {
  await dialog.locator("input.scalar-password-input").fill(key);
  const [reply] = await Promise.all([
    page.waitForResponse((response) => new URL(response.url()).pathname === path),
    dialog
      .getByRole("button", { name: /^Send / })
      .first()
      .click(),
  ]);
  return reply;
}

const title = (page: Page) => page.getByRole("heading", { name: API.name, level: 1 });

describe("GET /docs", () => {
  test("shows the document, sends no requests to other hosts, and obeys its security policy", async () => {
    const { page, outside, complaints } = await visit(browser);
    await page.goto(`${api.url}/docs`);
    await title(page).waitFor();
    await page.getByText(api.url, { exact: true }).first().waitFor();
    expect(await page.getByText("is being loaded").isVisible()).toBe(false);
    for (const tag of ["Users", "Keys", "Webhooks"])
      await page
        .getByRole("button", { name: `Open Group - ${tag}` })
        .first()
        .waitFor();
    expect({ outside, complaints }).toEqual({ outside: [], complaints: [] });
  });

  test("shows the document again from the browser's cache", async () => {
    const { page, complaints } = await visit(browser);
    for (let times = 0; times < 2; times++) {
      await page.goto("about:blank");
      await page.goto(`${api.url}/docs`);
      await title(page).waitFor();
    }
    expect(complaints).toEqual([]);
  });

  test("sends requests as it has filled them in, and does not store the key", async () => {
    const { page, outside, complaints } = await visit(browser);
    await page.goto(`${api.url}/docs`);
    const creating = await form(page, "Users", "post", "/api/users");
    const created = await sent(page, creating, "/api/users");
    expect([created.status(), await created.json()]).toMatchObject([201, { name: "Ada Lovelace" }]);
    await creating.getByText("201 Created").waitFor();

    await page.goto("about:blank");
    await page.goto(`${api.url}/docs`);
    const listing = await form(page, "Users", "get", "/api/users");
    expect(await listing.locator("input.scalar-password-input").inputValue()).toBe("");
    const listed = await sent(page, listing, "/api/users");
    expect(listed.status()).toBe(200);
    expect(await listed.json()).toContainEqual(expect.objectContaining({ name: "Ada Lovelace" }));
    await listing.getByText("200 OK").waitFor();
    expect({ outside, complaints }).toEqual({ outside: [], complaints: [] });
  });

  test("can download a file through the redirect to its storage", async () => {
    const headers = { "X-API-Key": key, "Content-Type": "text/plain" };
    const upload = await checkedFetch(`${api.url}/api/upload`, {
      method: "POST",
      headers,
      body: "some bytes",
    });
    const { storageId } = (await upload.json()) as { storageId: string };
    const { page, outside, complaints } = await visit(browser);
    await page.goto(`${api.url}/docs`);
    await title(page).waitFor();
    const text = await page.evaluate(async (path) => (await fetch(path)).text(), `/files/${storageId}`);
    expect(text).toBe("some bytes");
    expect({ outside, complaints }).toEqual({ outside: [], complaints: [] });
  });

  test("does not run a replaced script, and links to the OpenAPI document instead", async () => {
    const { page } = await visit(browser);
    const body = "document.title = 'another script'";
    await page.route("**/docs/scalar.js", (route) => route.fulfill({ body, contentType: "text/javascript" }));
    await page.goto(`${api.url}/docs`);
    expect(await page.title()).toBe(API.name);
    await page.getByRole("link", { name: "the OpenAPI document" }).click();
    await page.waitForURL(`${api.url}/openapi.json`);
  });
});

describe("the static site", () => {
  /** Builds the site with its command, and serves it below a path on another host than the API's. */
  async function site(...options: string[]): Promise<string> {
    const out = mkdtempSync(join(reference.directory, "site-"));
    execFileSync(process.execPath, ["scripts/run.mjs", "openapi/site.ts", out, ...options]);
    const server = createServer((request, response) => {
      const file = /^\/some\/where\/([\w.]*)$/.exec(request.url ?? "")?.[1];
      if (file === undefined) response.writeHead(404).end();
      else response.writeHead(200, typeOf(file)).end(readFileSync(join(out, file || "index.html")));
    });
    onTestFinished(() => void server.close());
    return `${await listening(server)}/some/where/`;
  }

  const typeOf = (file: string) => ({
    "Content-Type": file.endsWith(".js")
      ? "text/javascript"
      : file.endsWith(".json")
        ? "application/json"
        : "text/html",
  });

  async function listening(server: Server): Promise<string> {
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test("shows the document from any path, and sends no requests to other hosts", async () => {
    const { page, outside, complaints } = await visit(browser);
    await page.goto(await site());
    await title(page).waitFor();
    expect({ outside, complaints }).toEqual({ outside: [], complaints: [] });
  });

  test("sends requests to the API that it was built for", async () => {
    const { page, outside, complaints } = await visit(browser);
    await page.goto(await site("--server", api.url));
    const reply = await sent(page, await form(page, "Users", "get", "/api/users"), "/api/users");
    expect([reply.status(), new URL(reply.url()).origin]).toEqual([200, api.url]);
    expect({ outside, complaints }).toEqual({ outside: [], complaints: [] });
  });
});
