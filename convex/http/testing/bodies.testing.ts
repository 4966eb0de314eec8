import type { Route } from "./routes.testing";

const MIB = 1024 * 1024;

/** Returns a body above the route's limit. */
export function tooLargeFor({ body }: Route): string {
  const takesFile = body?.type === "file" || body?.type === "multipart";
  return " ".repeat((body?.limit ?? (takesFile ? 22_000_000 : MIB)) + 1);
}

/** Headers for a request whose body the server does not read completely, so that no other request reuses the connection. */
export const CLOSE_CONNECTION = { Connection: "close" };

/** Returns a body without a Content-Length, in chunks of 64 KiB. */
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
