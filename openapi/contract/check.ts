/**
 * Checks live HTTP traffic against the OpenAPI document.
 *
 * @example
 * const send = checked((url, init) => fetch(url, init));
 * await send("http://127.0.0.1:3211/api/items"); // Throws if the document does not describe the reply.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonSchema } from "../../convex/http/kit/described.kit";
import { recordReply, recordViolations } from "./coverage";
import { describedBy, type Described, type Operation } from "./described";
import { mediaTypeOf, type Exchange, type Sent } from "./exchange";
import { operationOf, operationsAt } from "./operations";
import { replyViolations, strayViolations } from "./reply";
import { requestViolations } from "./request";

/** Sends a request: `fetch` or a function of the same shape. The URL may be a path. */
export type Send = (url: string, init?: RequestInit) => Promise<Response>;

/** Reports traffic that the document does not describe. */
export class ContractError extends Error {}

let cachedDocument: Described | undefined;

/** Returns the project's document as it was last generated. */
export function productDocument(): Described {
  const file = join(process.cwd(), "openapi", "openapi.json");
  return (cachedDocument ??= describedBy(JSON.parse(readFileSync(file, "utf8")) as JsonSchema));
}

/**
 * Wraps `send` to check each exchange. The returned function reads the whole reply before it returns, and throws `ContractError`
 * for traffic that the document does not allow.
 *
 * @param options.described The document. Default: the project's document.
 * @param options.counts Whether the replies count as coverage. False for replies that occur by chance. Default: true.
 */
export function checked(
  send: Send,
  { described, counts = true }: { described?: Described; counts?: boolean } = {},
): Send {
  return async (url, init = {}) => {
    const { sent, body: requestBody } = readable(init);
    const response = await send(url, sent);
    const reply = response.clone();
    // The caller gets the error of a broken connection when it reads the response.
    const body = await reply.text().catch(() => undefined);
    if (body === undefined || isFromServer(response)) return response;
    const { pathname, searchParams } = new URL(url.replace(/^(?=\/)/, "http://api.example.test"));
    const { status, headers, ok } = response;
    const operations = await checkExchange(described ?? productDocument(), {
      method: (init.method ?? "GET").toUpperCase(),
      path: pathname,
      request: ok ? await sentBy(init.headers, requestBody(), searchParams) : undefined,
      ...{ status, headers, body },
    });
    if (counts)
      for (const { operationId } of operations) recordReply(operationId, status, mediaTypeOf(headers));
    return response;
  };
}

/** Whether the HTTP server itself refused the request because its headers are too large. The document describes only the API. */
const isFromServer = ({ status, headers }: Response) => status === 431 && !headers.has("x-request-id");

/** `fetch`, checked against the project's document. */
export const checkedFetch: Send = checked((url, init) => fetch(url, init));

/** Returns a request whose body can be read after it was sent. A stream can be read only once, so its chunks are recorded. */
function readable(init: RequestInit): { sent: RequestInit; body: () => BodyInit | null } {
  const { body = null } = init;
  if (!(body instanceof ReadableStream)) return { sent: init, body: () => body };
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  const reader = (body as ReadableStream<Uint8Array<ArrayBuffer>>).getReader();
  const recorded = new ReadableStream<Uint8Array<ArrayBuffer>>(
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
    // Without read-ahead, as for the original stream.
    { highWaterMark: 0 },
  );
  return { sent: { ...init, body: recorded }, body: () => new Blob(chunks) };
}

/** Returns the headers and the body of a request. The headers include the content type that the body implies. */
async function sentBy(
  sentHeaders: HeadersInit | undefined,
  body: BodyInit | null,
  query: URLSearchParams,
): Promise<Sent> {
  const headers = new Headers(sentHeaders);
  const parsed = new Response(body);
  const type = parsed.headers.get("content-type");
  if (type !== null && !headers.has("content-type")) headers.set("content-type", type);
  return { query, headers, body: await parsed.arrayBuffer() };
}

/** Checks a reply against the document when only the method and path of the request are known. @throws ContractError */
export async function checkReply(method: string, path: string, reply: Response): Promise<void> {
  const { status, headers } = reply;
  const body = await reply.clone().text();
  await checkExchange(productDocument(), { ...{ method, path, status, headers, body }, request: undefined });
}

/**
 * Checks one exchange against a document.
 *
 * @returns The operations that document this reply.
 * @throws ContractError with all violations.
 */
async function checkExchange(described: Described, exchange: Exchange): Promise<Operation[]> {
  const { method, path, status } = exchange;
  const { operations, violations } = await findViolations(described, exchange);
  if (violations.length === 0) return operations;
  const name = operations[0] ? `${operations[0].operationId}, ${operations[0].path}` : "no operation";
  const message = [
    `${method} ${path.slice(0, 200)} was answered ${status}, against openapi/openapi.json (${name}):`,
    ...violations.map((violation) => `- ${violation}`),
  ].join("\n");
  recordViolations(message);
  throw new ContractError(message);
}

/** Returns the operations that document the exchange, and its violations. */
async function findViolations(
  described: Described,
  exchange: Exchange,
): Promise<{ operations: Operation[]; violations: string[] }> {
  const { method, path, status, request } = exchange;
  const match = operationOf(described.operations, method, path);
  if (match) {
    const replyErrors = replyViolations(match.operation, exchange);
    const requestErrors = request ? await requestViolations(described, match, request) : [];
    // Operations document 405 for the undocumented methods of their path, because those have no operations.
    const methodErrors = status === 405 ? ["status 405 to a method that is documented"] : [];
    return { operations: [match.operation], violations: [...replyErrors, ...requestErrors, ...methodErrors] };
  }
  const otherMethods = status === 405 ? operationsAt(described.operations, path) : [];
  const strays = otherMethods.length > 0 ? [] : strayViolations(described, exchange);
  const denials = otherMethods.flatMap((operation) => replyViolations(operation, exchange));
  return { operations: otherMethods, violations: [...new Set([...strays, ...denials])] };
}
