/**
 * Holds HTTP traffic against the OpenAPI document, as it happens.
 *
 * @example
 * const send = checked((url, init) => fetch(url, init));
 * await send("http://127.0.0.1:3211/api/items"); // Throws if the document does not know what comes back.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonSchema } from "../../convex/http/kit/described.kit";
import { noteReply, noteViolations } from "./coverage";
import { describedBy, type Described, type Operation } from "./described";
import { mediaTypeOf, type Exchange, type Sent } from "./exchange";
import { operationOf, operationsAt } from "./operations";
import { replyViolations, strayViolations } from "./reply";
import { requestViolations } from "./request";

/** Sends a request: `fetch` or a function of the same shape. The URL may be a path. */
export type Send = (url: string, init?: RequestInit) => Promise<Response>;

/** Reports traffic that the document does not describe. */
export class ContractError extends Error {}

let read: Described | undefined;

/** The document of this project, as it was last generated. */
export function productDocument(): Described {
  const file = join(process.cwd(), "openapi", "openapi.json");
  return (read ??= describedBy(JSON.parse(readFileSync(file, "utf8")) as JsonSchema));
}

/**
 * Sends as before, and throws where the document does not allow what was answered. The reply is whole when it is there.
 *
 * @param options.described The document; default the project's own.
 * @param options.counts Whether this shows that tests produce the reply; false where it came by chance. Default true.
 */
export function checked(
  send: Send,
  { described, counts = true }: { described?: Described; counts?: boolean } = {},
): Send {
  return async (url, init = {}) => {
    const { sent, body: requestBody } = readable(init);
    const response = await send(url, sent);
    const reply = response.clone();
    // A connection that breaks off is the caller's to meet.
    const body = await reply.text().catch(() => undefined);
    if (body === undefined || isOfTheServer(response)) return response;
    const { pathname, searchParams } = new URL(url.replace(/^(?=\/)/, "http://api.example.test"));
    const { status, headers, ok } = response;
    const held = await hold(described ?? productDocument(), {
      method: (init.method ?? "GET").toUpperCase(),
      path: pathname,
      request: ok ? await sentBy(init.headers, requestBody(), searchParams) : undefined,
      ...{ status, headers, body },
    });
    if (counts) for (const { operationId } of held) noteReply(operationId, status, mediaTypeOf(headers));
    return response;
  };
}

/** The server refuses a request whose head is too large by itself: the API, and so its document, never see it. */
const isOfTheServer = ({ status, headers }: Response) => status === 431 && !headers.has("x-request-id");

/** `fetch`, held against the project's own document. */
export const checkedFetch: Send = checked((url, init) => fetch(url, init));

/** A request that can be sent, and read afterwards, because a stream is used up by sending it. */
function readable(init: RequestInit): { sent: RequestInit; body: () => BodyInit | null } {
  const { body = null } = init;
  if (!(body instanceof ReadableStream)) return { sent: init, body: () => body };
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const reader = (body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  const passing = new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull: async (controller) => {
        const { done, value } = await reader.read();
        if (done) {
          controller.close();
          return;
        }
        chunks.push(value);
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // No sooner than it is asked for, as without this.
    { highWaterMark: 0 },
  );
  return { sent: { ...init, body: passing }, body: () => new Blob(chunks) };
}

/** Returns the headers and the body of a request. The headers include the content type that the body implies. */
async function sentBy(
  given: HeadersInit | undefined,
  body: BodyInit | null,
  query: URLSearchParams,
): Promise<Sent> {
  const headers = new Headers(given);
  const brought = new Response(body);
  const type = brought.headers.get("content-type");
  if (type !== null && !headers.has("content-type")) headers.set("content-type", type);
  return { query, headers, body: await brought.arrayBuffer() };
}

/** Holds a reply against the document where the request is known by its first line alone. @throws ContractError */
export async function checkReply(method: string, path: string, reply: Response): Promise<void> {
  const { status, headers } = reply;
  const body = await reply.clone().text();
  await hold(productDocument(), { ...{ method, path, status, headers, body }, request: undefined });
}

/**
 * Holds one exchange against a document.
 *
 * @returns The operations that gave this reply.
 * @throws ContractError with everything that is wrong with it.
 */
async function hold(described: Described, exchange: Exchange): Promise<Operation[]> {
  const { method, path, status } = exchange;
  const { operations, violations } = await judge(described, exchange);
  if (violations.length === 0) return operations;
  const name = operations[0] ? `${operations[0].operationId}, ${operations[0].path}` : "no operation";
  const message = [
    `${method} ${path.slice(0, 200)} was answered ${status}, against openapi/openapi.json (${name}):`,
    ...violations.map((violation) => `- ${violation}`),
  ].join("\n");
  noteViolations(message);
  throw new ContractError(message);
}

/** The operations whose reply it is, and what is wrong with it. */
async function judge(
  described: Described,
  exchange: Exchange,
): Promise<{ operations: Operation[]; violations: string[] }> {
  const { method, path, status, request } = exchange;
  const asked = operationOf(described.operations, method, path);
  if (asked) {
    const replied = replyViolations(asked.operation, exchange);
    const requested = request ? await requestViolations(described, asked, request) : [];
    // Operations document it for the other methods of their path, which have no place of their own.
    const denied = status === 405 ? ["status 405 to a method that is documented"] : [];
    return { operations: [asked.operation], violations: [...replied, ...requested, ...denied] };
  }
  const neighbours = status === 405 ? operationsAt(described.operations, path) : [];
  const strays = neighbours.length > 0 ? [] : strayViolations(described, exchange);
  const denied = neighbours.flatMap((operation) => replyViolations(operation, exchange));
  return { operations: neighbours, violations: [...new Set([...strays, ...denied])] };
}
