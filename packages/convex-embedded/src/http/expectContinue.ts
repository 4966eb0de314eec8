/** `Expect: 100-continue` (RFC 9110, section 10.1.1). */
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Sends `100 Continue` when the handler first reads the body. Header checks run before that, so a refused client never sends its
 * body. By default Node sends it as soon as it has parsed the headers.
 *
 * Call it before the body is read.
 */
export function deferContinue(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const read = incoming._read.bind(incoming);
  incoming._read = (size) => {
    incoming._read = read;
    // Node drains each body, at the latest after its response.
    if (!outgoing.headersSent) outgoing.writeContinue();
    read(size);
  };
}
