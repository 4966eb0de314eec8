/** The address of the client that sent a request. */
import type { IncomingMessage } from "node:http";
import { isIP, isIPv4, SocketAddress } from "node:net";

/**
 * Returns the client's address.
 *
 * @param peer the socket's address. @param proxies how many trusted proxies are in front of the server. The last proxy adds
 * the last entry of `X-Forwarded-For`, so the client's address is the entry at that position from the end. Earlier entries come
 * from the client itself and are not trusted. With 0 the header is ignored.
 * @returns the peer's address if the header has no such entry or the entry is not an address; `null` if the peer is unknown.
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

/** Returns the canonical spelling of an address, so that rate limits count a client once. `null` for an invalid address. */
function normalized(text: string): string | null {
  if (isIPv4(text)) return text;
  if (isIP(text) !== 6) return null;
  const { address } = new SocketAddress({ address: text, family: "ipv6" });
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/.exec(address)?.[1];
  return mapped ?? address;
}
