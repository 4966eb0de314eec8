/** Opens and uses the example frontend. */
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll } from "vitest";
import { checkedFetch } from "../../../openapi/contract/check";
import { startBrowser, visit } from "./chromium";
import { openTestSite, type TestSite } from "./testSite";

export let site: TestSite;
let browser: Browser;

const buildFrontend = (outDir: string) =>
  build({
    configFile: "examples/web/vite.config.ts",
    logLevel: "warn",
    build: { outDir, emptyOutDir: true },
  });

/** Opens a site and a browser for a test file, and closes them at its end. Call it once, at the top of the file. */
export function useTestSite(): void {
  beforeAll(async () => {
    [site, browser] = await Promise.all([openTestSite(buildFrontend), startBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
  });
}

/** Opens the page without signing in. */
export async function opened(host = "app.localhost") {
  const visited = await visit(browser);
  await visited.page.goto(`${site.origin(host)}/?api=${site.api.url}`);
  return visited;
}

export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByRole("textbox", { name: "Key" }).fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Opens the page, and signs in as a new user. `call` sends requests with the same key, outside of the page. */
export async function signedIn() {
  const visited = await opened();
  const key = await site.key();
  await signIn(visited.page, key);
  await visited.page.getByText("Nothing here yet").waitFor();
  const call = async (path: string, init: RequestInit = {}) => {
    const headers = { "X-API-Key": key, "Content-Type": "application/json" };
    const reply = await checkedFetch(site.api.url + path, { ...init, headers });
    return (await reply.json()) as Record<string, string>;
  };
  return { ...visited, key, call };
}

export async function create(page: Page, name: string, description = ""): Promise<void> {
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("textbox", { name: "Description" }).fill(description);
  await page.getByRole("button", { name: "Create" }).click();
}

export const items = (page: Page) => page.getByRole("list", { name: "Items" }).getByRole("button");
export const problem = (page: Page) => page.getByRole("alert");
