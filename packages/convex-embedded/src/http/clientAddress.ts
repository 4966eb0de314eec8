/** Who sent a request, as far as addresses tell. */
import type { IncomingMessage } from "node:http";
import { isIP, isIPv4, SocketAddress } from "node:net";

/**
 * The client's address.
 *
 * @param peer of the socket. @param proxies how many proxies of one's own stand before the server: the last of them
 * adds the last entry of `X-Forwarded-For`, so the client is the entry that many from the end. What stands before it
 * is the client's own word. 0 for none, and then the header means nothing.
 * @returns the peer where the header has no such entry, or it is no address; `null` if the peer is not known either.
 */
export function clientAddress(
  peer: string | undefined,
  headers: IncomingMessage["headers"],
  proxies: number,
): string | null {
  if (proxies > 0) {
    // Node joins several headers of this name with commas.
    const entries = String(headers["x-forwarded-for"] ?? "").split(",");
    const forwarded = normalized(entries[entries.length - proxies]?.trim() ?? "");
    if (forwarded !== null) return forwarded;
  }
  return peer === undefined ? null : (normalized(peer) ?? peer);
}

/** One spelling for each address: whoever counts by address must not see a client twice. `null` for no address. */
function normalized(text: string): string | null {
  if (isIPv4(text)) return text;
  if (isIP(text) !== 6) return null;
  const { address } = new SocketAddress({ address: text, family: "ipv6" });
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/.exec(address)?.[1];
  return mapped ?? address;
}
