/** `Expect: 100-continue` (RFC 9110, section 10.1.1). */
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Tells a client that waits with its body to send it, when somebody reads it first. Whoever is refused for its headers is so
 * before that, and need not send what nobody would read; Node by itself would ask for it as soon as the headers are there.
 *
 * To be called before anything reads the body.
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
