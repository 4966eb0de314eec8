/** The API's work on the database, behind bare `node:http`. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerParent } from "../lib/children";
import { ByHand } from "./handwritten";

const hand = new ByHand(process.argv[2] ?? ".");
const ITEMS = "/api/items";
const WEBHOOKS = "/webhooks/";

function reply(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
) {
  const body = JSON.stringify(value);
  const length = Buffer.byteLength(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": length, ...headers });
  response.end(body);
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (text += chunk));
    request.on("end", () => resolve(text)).on("error", reject);
  });
}

/** Returns a header that may occur once. */
const headerOf = (request: IncomingMessage, name: string): string => String(request.headers[name] ?? "");

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    reply(response, 500, null);
  });
});

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = "" } = request;
  if (url.startsWith(WEBHOOKS)) {
    const source = url.slice(WEBHOOKS.length);
    const known = await hand.receive(source, (name) => headerOf(request, name), await bodyOf(request));
    reply(response, known ? 200 : 400, known);
    return;
  }
  const caller = hand.callerOf(headerOf(request, "x-api-key"));
  if (caller === undefined) {
    reply(response, 403, null);
    return;
  }
  const id = url.startsWith(`${ITEMS}/`) ? url.slice(ITEMS.length + 1) : undefined;
  if (method === "POST") {
    const fields = JSON.parse(await bodyOf(request)) as { name: string };
    reply(response, 201, await hand.create(caller, fields));
    return;
  }
  if (id === undefined) {
    list(response, caller, new URLSearchParams(url.slice(url.indexOf("?") + 1)));
    return;
  }
  const item =
    method === "PATCH"
      ? await hand.change(caller, id, JSON.parse(await bodyOf(request)) as { name: string })
      : hand.itemOf(caller, id);
  reply(response, item ? 200 : 404, item ?? null);
}

function list(response: ServerResponse, caller: string, query: URLSearchParams): void {
  const limit = Number(query.get("limit"));
  const { items, next } = hand.list(caller, limit, query.get("cursor"));
  const link = next && { link: `<${ITEMS}?limit=${limit}&cursor=${next}>; rel="next"` };
  reply(response, 200, items, link || {});
}

server.listen(0, "127.0.0.1", () => {
  answerParent({ place: () => ({ port: (server.address() as AddressInfo).port, key: hand.issueKey() }) });
});
