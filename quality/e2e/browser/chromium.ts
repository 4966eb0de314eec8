import { existsSync } from "node:fs";
import { chromium, type Browser, type Page, type Response as PageResponse } from "playwright-core";
import { onTestFinished } from "vitest";
import { checkReply } from "../../../openapi/contract/check";

/** Where Chromium or Chrome is usually installed. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** A page in a browser that reaches this machine and nothing else. */
export type Visit = {
  page: Page;
  /** What the page asked others than this machine for. */
  outside: string[];
  /** Errors in the console and in scripts, what the page's policy has stopped, and replies that are not documented. */
  complaints: string[];
};

/**
 * Starts Chromium.
 *
 * @throws Error if there is none: whoever runs these suites wants to know.
 */
export function startBrowser(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? PLACES.find((place) => existsSync(place));
  if (executablePath === undefined) {
    throw new Error("These suites need Chromium: install it, or name the program in CHROMIUM.");
  }
  const here = ["127.0.0.1", "localhost", "*.localhost"].map((host) => `, EXCLUDE ${host}`);
  const offline = `--host-resolver-rules=MAP * ~NOTFOUND${here.join("")}`;
  // Root has no sandbox, and the pages are our own.
  return chromium.launch({ executablePath, args: [offline, "--no-sandbox"] });
}

/** Opens an empty page with a cache and a storage of its own, gone with the test. */
export async function visit(browser: Browser): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const outside: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const here = /^(127\.0\.0\.1|(.+\.)?localhost)$/.test(hostname) || ["data:", "blob:"].includes(protocol);
    if (!here) outside.push(request.url());
  });
  page.on("response", (response) => {
    hold(response).catch((error: unknown) => complaints.push(String(error)));
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.exposeFunction("complain", (what: string) => complaints.push(what));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
      // The script tries whether it may compile code, and does without it.
      if (blockedURI === "eval") return;
      const { complain } = window as unknown as { complain: (what: string) => void };
      complain(`${effectiveDirective} stopped ${blockedURI}`);
    });
  });
  return { page, outside, complaints };
}

/** Holds what the API has answered a page against the OpenAPI document. What others answer has no request id. */
async function hold(response: PageResponse): Promise<void> {
  const headers = await response.allHeaders().catch(() => ({}));
  if (!("x-request-id" in headers)) return;
  // There is none to be had of a redirect, nor once the page has gone on.
  const body = await response.body().catch(() => undefined);
  if (body === undefined && response.status() !== 302) return;
  // It comes from the browser's cache, with the headers of the 304 that has confirmed it.
  if (body?.length && !("content-type" in headers)) return;
  const { pathname } = new URL(response.url());
  const content = body?.length ? Uint8Array.from(body) : null;
  const reply = new Response(content, { status: response.status(), headers });
  await checkReply(response.request().method(), pathname, reply);
}
