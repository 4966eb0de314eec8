/** `Expect: 100-continue` (RFC 9110, section 10.1.1). */
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Sends `100 Continue` when the handler first reads the body. Header checks run before that, so a refused client never sends its
 * body. Node by itself would send it as soon as the headers are there.
 *
 * Call it before anything reads the body.
 */
export function deferContinue(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const read = incoming._read.bind(incoming);
  incoming._read = (size) => {
    incoming._read = read;
    // Node reads the rest of each body, after its answer at the latest.
    if (!outgoing.headersSent) outgoing.writeContinue();
    read(size);
  };
}
