import type { Route } from "./routes.testing";

const MIB = 1024 * 1024;

/** A body that is larger than the route takes. */
export const tooLargeFor = ({ upload }: Route): string => " ".repeat(upload ? 22_000_000 : MIB + 1);

/** Headers of a request whose body nobody reads to its end: no other request should wait on that connection. */
export const UNREAD = { Connection: "close" };

/** A body that nobody declares the length of, in chunks of 64 KiB. */
export function streamed(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(at, (at += 65_536)));
    },
  });
}
