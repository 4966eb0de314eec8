/** Checks a reply against what the API may answer to any request. */
import { checkReply, ContractError } from "../../openapi/contract/check";
import type { Reply } from "./replies";
import type { GeneratedRequest } from "./requests/generate";

/** What Node's parser answers by itself, before the API sees anything: no HTTP, too long, an expectation that nobody meets. */
const OF_THE_PARSER = [400, 408, 413, 417, 431];

/**
 * What is wrong with the reply to a request; undefined for nothing. The API's own replies have an id, and are held against
 * the document.
 */
export async function replyProblem(request: GeneratedRequest, reply: Reply): Promise<string | undefined> {
  const { status, headers, body } = reply;
  if (status >= 500) return `it was answered ${status}: ${body.toString().slice(0, 300)}`;
  const ids = headers.filter(([name]) => name === "x-request-id");
  if (ids.length === 0) return OF_THE_PARSER.includes(status) ? undefined : `${status} is of nobody`;
  const twice = headers
    .map(([name]) => name)
    .filter((name, at, all) => name !== "link" && all.indexOf(name) !== at);
  if (twice.length > 0) return `the reply has ${twice.join()} twice`;
  // The tricks say this name wherever a host can be named.
  const led = headers.find(([name, value]) => name !== "x-request-id" && value.includes("evil.test"));
  if (led) return `the reply has ${led.join(": ")}`;
  const problem = status < 400 || request.method === "HEAD" ? undefined : wrongWithProblem(reply);
  return problem ?? (await undocumented(request, reply));
}

function wrongWithProblem({ status, headers, body }: Reply): string | undefined {
  const type = headers.find(([name]) => name === "content-type")?.[1];
  if (type !== "application/problem+json") return `${status} comes as ${type ?? "no type"}`;
  const { status: said, code, requestId } = JSON.parse(body.toString()) as Record<string, unknown>;
  const id = headers.find(([name]) => name === "x-request-id")?.[1];
  return said === status && typeof code === "string" && requestId === id
    ? undefined
    : "the problem is another one's";
}

/** Only well-formed requests are checked: a malformed one may reach another operation than the intended one. */
async function undocumented(
  { method, target, alone }: GeneratedRequest,
  reply: Reply,
): Promise<string | undefined> {
  if (alone) return undefined;
  const { status, headers, body } = reply;
  const empty = body.length === 0 || status === 204 || status === 304;
  const response = new Response(empty ? null : Uint8Array.from(body), { status, headers });
  try {
    await checkReply(method, pathOf(target), response);
    return undefined;
  } catch (error) {
    if (error instanceof ContractError) return error.message;
    throw error;
  }
}

/** The path as the API reads it. */
const pathOf = (target: string) =>
  new URL(target.startsWith("/") ? `http://api.example.test${target}` : target).pathname;
