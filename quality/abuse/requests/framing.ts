/** Chunked bodies, with extensions and trailers. */
import fc from "fast-check";
import type { Mutation } from "./draft";

const TRAILERS = [
  "X-API-Key: cha_x",
  "Content-Length: 5",
  "X-Request-Id: trailer",
  "Host: evil.test",
  "a: ".padEnd(3000, "b"),
];

/** Sends the body in chunks; an empty body if the request has none. */
export const framing: fc.Arbitrary<Mutation> = fc
  .record({
    chunk: fc.constantFrom(1, 2, 7, 1000, 65_536),
    extension: fc.constantFrom("", ";a=b", ';a="b;c"', `;${"x".repeat(300)}`),
    trailers: fc.subarray(TRAILERS),
  })
  .map((chunks): Mutation => (draft) => {
    // At most 2,000 chunks, because more would take most of the run's time.
    const chunk = Math.max(chunks.chunk, Math.ceil((draft.body?.length ?? 0) / 2000));
    return { ...draft, body: draft.body ?? Buffer.alloc(0), framing: { ...chunks, chunk } };
  });
