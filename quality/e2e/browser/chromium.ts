import { existsSync } from "node:fs";
import { chromium, type Browser, type Page, type Response as PageResponse } from "playwright-core";
import { onTestFinished } from "vitest";
import { checkReply } from "../../../openapi/contract/check";

/** The usual paths of Chromium and Chrome. */
const PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** A page in a browser that can reach only this machine. */
export type Visit = {
  page: Page;
  /** URLs on other machines that the page requested. */
  outside: string[];
  /** Errors in the console and in scripts, violations of the page's security policy, and undocumented replies. */
  complaints: string[];
};

/**
 * Starts Chromium.
 *
 * @throws Error if it is not installed. The suites are not skipped silently.
 */
export function startBrowser(): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? PATHS.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error("These suites need Chromium. Install it, or set CHROMIUM to the path of the program.");
  }
  const here = ["127.0.0.1", "localhost", "*.localhost"].map((host) => `, EXCLUDE ${host}`);
  const offline = `--host-resolver-rules=MAP * ~NOTFOUND${here.join("")}`;
  // Chromium's sandbox does not work for root. The pages are the project's own.
  return chromium.launch({ executablePath, args: [offline, "--no-sandbox"] });
}

/** Opens an empty page with a new cache and storage. The test closes it. */
export async function visit(browser: Browser): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 } });
  onTestFinished(() => context.close());
  // A limit only ends a page that hangs, so it allows for a busy machine.
  context.setDefaultTimeout(90_000);
  const page = await context.newPage();
  const outside: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const here = /^(127\.0\.0\.1|(.+\.)?localhost)$/.test(hostname) || ["data:", "blob:"].includes(protocol);
    if (!here) outside.push(request.url());
  });
  page.on("response", (response) => {
    check(response).catch((error: unknown) => complaints.push(String(error)));
  });
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.exposeFunction("complain", (what: string) => complaints.push(what));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
      // The reference page's script tries to compile code, and works without it.
      if (blockedURI === "eval") return;
      const { complain } = window as unknown as { complain: (what: string) => void };
      complain(`${effectiveDirective} blocked ${blockedURI}`);
    });
  });
  return { page, outside, complaints };
}

/** Checks a reply of the API against the OpenAPI document. Replies of other servers have no request id. */
async function check(response: PageResponse): Promise<void> {
  const headers = await response.allHeaders().catch(() => ({}));
  if (!("x-request-id" in headers)) return;
  // The body is unavailable for a redirect, and after the page has navigated away.
  const body = await response.body().catch(() => undefined);
  if (body === undefined && response.status() !== 302) return;
  // This body is from the browser's cache, with the headers of the 304 that revalidated it.
  if (body?.length && !("content-type" in headers)) return;
  const { pathname } = new URL(response.url());
  const content = body?.length ? Uint8Array.from(body) : null;
  const reply = new Response(content, { status: response.status(), headers });
  await checkReply(response.request().method(), pathname, reply);
}
