/** Detects the end of a response: it was sent, or its connection closed. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

/** Calls `then` when the response has ended, immediately if it already has. */
export function onResponseEnd(outgoing: ServerResponse, then: () => void): void {
  if (outgoing.closed) then();
  else outgoing.once("close", then);
}

/**
 * Closes a response whose connection closed before its turn came.
 *
 * Node emits `close` only on the response that holds the connection's socket. Without this function, pipelined responses behind
 * it would wait forever and leak what they hold. Assigning a closed socket makes Node emit `close` on them too.
 */
export function closeWithoutSocket(outgoing: ServerResponse): void {
  if (outgoing.closed || outgoing.socket !== null) return;
  outgoing.assignSocket(new Socket().destroy());
}

/** True for the error that reading a body fails with when the client disconnects before the end. */
export function isClientGone({ destroyed, complete }: IncomingMessage, error: unknown): boolean {
  return destroyed && !complete && error instanceof Error && "code" in error && error.code === "ECONNRESET";
}
