/** The sender of a request, as `ctx.meta.getRequestMetadata()` and `ctx.auth` see it. */
import type { IncomingMessage } from "node:http";
import type { Origin } from "../exec/origins";
import { newRequestId } from "../exec/origins";
import { clientAddress } from "./clientAddress";

/** Convex reads the scheme from the first seven characters of the `Authorization` header. */
const MIN_HEADER = 7;

/** Reads its values lazily, because most functions do not use them. */
export class RequestOrigin implements Origin {
  // Read early: the socket loses its peer address when it closes, and the request may outlive it.
  readonly #peer: string | undefined;
  #requestId: string | undefined;

  /** @param proxies see `clientAddress`. */
  constructor(
    private readonly incoming: IncomingMessage,
    private readonly proxies: number,
  ) {
    this.#peer = incoming.socket.remoteAddress;
  }

  get ip(): string | null {
    return clientAddress(this.#peer, this.incoming.headers, this.proxies);
  }

  get userAgent(): string | null {
    return this.incoming.headers["user-agent"] ?? null;
  }

  /** 16 hexadecimal digits, as on Convex. */
  get requestId(): string {
    return (this.#requestId ??= newRequestId());
  }

  get token(): string | null {
    return /^Bearer +(\S.*)$/i.exec(this.incoming.headers.authorization ?? "")?.[1] ?? null;
  }

  get malformed(): string | undefined {
    const header = this.incoming.headers.authorization;
    if (header === undefined || /^(?:bearer|convex) /i.test(header)) return undefined;
    return header.length < MIN_HEADER ? "Invalid authentication header" : "Invalid admin key";
  }
}
