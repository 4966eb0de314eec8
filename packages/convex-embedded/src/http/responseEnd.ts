/** When a response is over: sent, or its connection closed. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

/** Calls `then` when the response is over, at once if it is over already. */
export function onResponseEnd(outgoing: ServerResponse, then: () => void): void {
  if (outgoing.closed) then();
  else outgoing.once("close", then);
}

/**
 * Closes a response whose connection closed before its turn came.
 *
 * Node emits `close` only on the response that holds the connection's socket; pipelined responses behind it would wait
 * forever, with everything that they hold. A socket that is closed takes them the way that Node's own does.
 */
export function closeWithoutSocket(outgoing: ServerResponse): void {
  if (outgoing.closed || outgoing.socket !== null) return;
  outgoing.assignSocket(new Socket().destroy());
}

/** True for the error that reading a body ends with when the client goes away in the middle of it. */
export function isClientGone({ destroyed, complete }: IncomingMessage, error: unknown): boolean {
  return destroyed && !complete && error instanceof Error && "code" in error && error.code === "ECONNRESET";
}
