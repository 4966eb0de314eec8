/** Opens and uses the chat example in several tabs, with its functions on a server that a test can kill. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { ConvexHttpClient } from "convex/browser";
import type { Browser, Locator, Page, WebSocketRoute } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll } from "vitest";
import { api } from "../../../examples/chat/convex/_generated/api";
import { freePort } from "../../lib/freePort";
import type { ServerProcess } from "../../lib/server";
import { startServer, temporaryDirectory } from "../../lib/testServer";
import { startBrowser, visit, type Visit } from "./chromium";
import { servePages, type Pages } from "./pages";

const EXAMPLE = resolve("examples/chat");
const COMMAND = [process.execPath, "--", resolve("node_modules/.bin/convex-embedded"), "start"];

/** The tokens of guests name the address of the functions, and the page is built for it, so all servers use the same ports. */
let ports: { port: number; apiPort: number };
let pages: Pages;
let browser: Browser;

/** Builds the page and opens a browser for a test file. Call it once, at the top of the file. */
export function useChat(): void {
  const outDir = mkdtempSync(join(tmpdir(), "chat-"));
  beforeAll(async () => {
    ports = { port: await freePort(), apiPort: await freePort() };
    process.env["VITE_CONVEX_URL"] = convexUrl();
    // Vitest sets NODE_ENV, so the page has React's development build, which reports mistakes on the console. It is large.
    const options = { outDir, emptyOutDir: true, chunkSizeWarningLimit: 2_000 };
    await build({ configFile: join(EXAMPLE, "vite.config.ts"), logLevel: "warn", build: options });
    [pages, browser] = await Promise.all([servePages(outDir), startBrowser()]);
  });
  afterAll(async () => {
    await browser.close();
    pages.close();
    rmSync(outDir, { recursive: true });
  });
}

const convexUrl = (): string => `http://127.0.0.1:${ports.apiPort}`;

/** Serves the functions of the example, from a new data directory by default. */
export function serveChat(data = temporaryDirectory()): Promise<ServerProcess> {
  return startServer({ cwd: EXAMPLE, command: COMMAND, settings: {}, data, ...ports });
}

/** Returns a client outside of the browser that acts as a guest. */
export async function guest(name: string): Promise<ConvexHttpClient> {
  const client = new ConvexHttpClient(convexUrl());
  client.setAuth(await client.action(api.guests.token, { name }));
  return client;
}

/** Sends messages one after the other, so that they are in order. */
export async function sendAll(client: ConvexHttpClient, bodies: readonly string[]): Promise<void> {
  for (const body of bodies) await client.mutation(api.messages.send, { body });
}

/** A tab of one guest. */
export type Tab = Visit & {
  /** Stops the messages of the server to this tab, as a slow network does. */
  hold: () => void;
  /** Delivers the held messages and all later ones. */
  release: () => void;
  /** The texts that the tab has sent to the server. */
  sent: string[];
};

/** Opens the page in a new tab without joining. */
export async function openChat(): Promise<Tab> {
  const visited = await visit(browser);
  const sent: string[] = [];
  let held: (() => void)[] | null = null;
  await visited.page.routeWebSocket(/\/sync$/, (socket: WebSocketRoute) => {
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      sent.push(String(message));
      server.send(message);
    });
    server.onMessage((message) => {
      if (held === null) socket.send(message);
      else held.push(() => socket.send(message));
    });
  });
  await visited.page.goto(pages.origin("localhost"));
  return {
    ...visited,
    sent,
    hold: () => void (held ??= []),
    release: () => {
      for (const deliver of held ?? []) deliver();
      held = null;
    },
  };
}

/** Opens the page in a new tab and joins the chat. */
export async function joined(name: string): Promise<Tab> {
  const tab = await openChat();
  await tab.page.getByRole("textbox", { name: "Your name" }).fill(name);
  await tab.page.getByRole("button", { name: "Join" }).click();
  await messageBox(tab.page).waitFor();
  return tab;
}

export const messageBox = (page: Page): Locator => page.getByRole("textbox", { name: "Message" });
export const list = (page: Page, name = "Messages"): Locator => page.getByRole("list", { name, exact: true });

export async function write(page: Page, body: string): Promise<void> {
  await messageBox(page).fill(body);
  await page.getByRole("button", { name: "Send" }).click();
}

/** Returns the texts of a list from top to bottom. */
export const bodies = (page: Page, name?: string): Promise<string[]> =>
  list(page, name).locator(".body").allTextContents();

/** Resolves when the tab is connected, or no longer is. */
export const connection = (page: Page, state: "live" | "sending" | "offline"): Promise<void> =>
  page.getByRole("status").getByText(state, { exact: true }).waitFor();

/** Records each state of the list of messages that the page shows. @returns a function that returns the states so far. */
export async function recordLists(page: Page): Promise<() => Promise<string[][]>> {
  await page.evaluate(() => {
    const seen: string[][] = [];
    const record = (): void => {
      const shown = [...document.querySelectorAll(".messages .body")].map((body) => body.textContent);
      if (JSON.stringify(seen.at(-1)) !== JSON.stringify(shown)) seen.push(shown);
    };
    record();
    new MutationObserver(record).observe(document.body, {
      childList: true,
      subtree: true,
      characterData: true,
    });
    Object.assign(window, { seen });
  });
  return () => page.evaluate(() => (window as unknown as { seen: string[][] }).seen);
}
