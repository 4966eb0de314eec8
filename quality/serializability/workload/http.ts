/** Calls functions over HTTP. */
import type { Outcome } from "./recorder";

/** The message of a mutation that fails on purpose, and that of a query on an index that a push has just removed. */
const EXPECTED = /failed on purpose|Index rows\.\w+ not found/;

interface Answer {
  readonly status: "success" | "error";
  readonly value?: unknown;
  readonly errorMessage?: string;
  readonly errorData?: unknown;
}

/**
 * Calls a function. A call that the server does not answer, because it was killed, is `unanswered`.
 *
 * @throws Error for any failure that the workload does not cause on purpose.
 */
export async function call<Value>(
  url: string,
  kind: "query" | "mutation" | "action",
  name: string,
  args: object,
): Promise<Outcome<Value>> {
  let answer: Answer;
  try {
    const response = await fetch(`${url}/api/${kind}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ path: `transactions:${name}`, args, format: "json" }),
    });
    answer = (await response.json()) as Answer;
  } catch (error) {
    // `fetch` rejects with a TypeError when a connection is refused or reset, and `json` with a SyntaxError when a body is cut off.
    if (error instanceof TypeError || error instanceof SyntaxError) return { status: "unanswered" };
    throw error;
  }
  if (answer.status === "success") return { status: "done", value: answer.value as Value };
  const message = `${answer.errorMessage ?? JSON.stringify(answer)} ${JSON.stringify(answer.errorData ?? "")}`;
  if (!EXPECTED.test(message)) throw new Error(`${name}: ${message}`);
  return { status: "failed" };
}
