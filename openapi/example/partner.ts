/**
 * A partner's first program: `npm run example -- --url http://127.0.0.1:3211 --key cha_…`. It lists items, creates an item
 * idempotently, follows pages, reads a problem, and waits when the API is rate limited or unavailable. With `--webhooks`, it also
 * subscribes to events, verifies them, and processes each one once.
 */
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { connect, required, type Api, type Problem } from "./client";
import { pages } from "./pages";
import { receiveEvents } from "./subscriber";

const say = (what: string, more: string) => console.log(`${what.padEnd(9)}${more}`);

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: "http://127.0.0.1:3211" },
      key: { type: "string" },
      webhooks: { type: "boolean", default: false },
    },
  });
  if (values.key === undefined) {
    console.error("npm run example -- --key KEY [--url http://127.0.0.1:3211] [--webhooks]");
    return 2;
  }
  const api = connect(values.url, values.key, (seconds) => say("waits", `${seconds} s, because of a 429`));
  await listItems(api);
  await createOnce(api);
  await followPages(api);
  await readProblems(api);
  if (values.webhooks) await receiveEvents(api, say);
  return 0;
}

async function listItems(api: Api): Promise<void> {
  const items = required(await api.GET("/api/items", { params: { query: { limit: 5 } } }));
  say("listed", items.length === 0 ? "no item" : items.map(({ name }) => name).join(", "));
}

/** Two requests with one key create one item, so a client that received no reply can repeat the request. */
async function createOnce(api: Api): Promise<void> {
  const header = { "Idempotency-Key": randomUUID() };
  for (const what of ["created", "repeated"]) {
    const reply = await api.POST("/api/items", { params: { header }, body: { name: "bolt" } });
    const { id, name } = required(reply);
    const replayed = reply.response.headers.get("Idempotency-Replayed") === "true";
    say(what, `${name} ${id}${replayed ? ", the same" : ""}`);
  }
}

async function followPages(api: Api): Promise<void> {
  for (const name of ["nut", "washer"]) required(await api.POST("/api/items", { body: { name } }));
  let seen = 0;
  for await (const page of pages(api, 2)) {
    say("page", page.map(({ name }) => name).join(", "));
    if (++seen === 3) return;
  }
}

async function readProblems(api: Api): Promise<void> {
  const missing = await api.GET("/api/items/{itemId}", { params: { path: { itemId: "nothing" } } });
  if (missing.error) say("problem", explain(missing.error));
  const invalid = await api.POST("/api/items", { body: { name: "" } });
  if (invalid.error) say("problem", explain(invalid.error));
}

/** Chooses the reaction by `code`, because texts may change. */
function explain(problem: Problem): string {
  switch (problem.code) {
    case "not_found":
      return `not_found: ${problem.detail}`;
    case "invalid_request":
      return `invalid_request: ${(problem.errors ?? []).map(({ path, message }) => `${path} ${message}`).join(", ")}`;
    default:
      return `${problem.code}: see ${problem.type}, and report the request id ${problem.requestId}`;
  }
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  return 1;
});
