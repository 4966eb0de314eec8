/** Checks that a reply is one that the API may send. */
import { checkReply, ContractError } from "../../openapi/contract/check";
import type { Reply } from "./replies";
import type { GeneratedRequest } from "./requests/generate";

/** Statuses that Node's HTTP parser sends before the API sees the request: malformed, too long, or a failed expectation. */
const PARSER_STATUSES = [400, 408, 413, 417, 431];

/**
 * Checks a reply. Replies of the API have a request id, and must match the OpenAPI document.
 *
 * @returns the problem, or undefined if the reply is correct.
 */
export async function replyProblem(request: GeneratedRequest, reply: Reply): Promise<string | undefined> {
  const { status, headers, body } = reply;
  if (status >= 500) return `the answer is ${status}: ${body.toString().slice(0, 300)}`;
  const ids = headers.filter(([name]) => name === "x-request-id");
  if (ids.length === 0)
    return PARSER_STATUSES.includes(status) ? undefined : `the ${status} has no X-Request-Id`;
  const repeated = headers
    .map(([name]) => name)
    .filter((name, at, all) => name !== "link" && all.indexOf(name) !== at);
  if (repeated.length > 0) return `the reply repeats the header ${repeated.join()}`;
  // Hostile requests use the host evil.test. A reply must not lead there.
  const hostile = headers.find(([name, value]) => name !== "x-request-id" && value.includes("evil.test"));
  if (hostile) return `the reply has the header ${hostile.join(": ")}`;
  const problem = status < 400 || request.method === "HEAD" ? undefined : problemMismatch(reply);
  return problem ?? (await undocumented(request, reply));
}

function problemMismatch({ status, headers, body }: Reply): string | undefined {
  const type = headers.find(([name]) => name === "content-type")?.[1];
  if (type !== "application/problem+json") return `the ${status} has the content type ${type ?? "(none)"}`;
  const { status: inBody, code, requestId } = JSON.parse(body.toString()) as Record<string, unknown>;
  const id = headers.find(([name]) => name === "x-request-id")?.[1];
  return inBody === status && typeof code === "string" && requestId === id
    ? undefined
    : "the problem's status, code or requestId does not match the reply";
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

/** Returns the path of a target as the API parses it. */
const pathOf = (target: string) =>
  new URL(target.startsWith("/") ? `http://api.example.test${target}` : target).pathname;
