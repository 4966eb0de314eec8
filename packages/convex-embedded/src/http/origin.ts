/** Who sent a request, as `ctx.meta.getRequestMetadata()` and `ctx.auth` see it. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Origin } from "../exec/origins";
import { clientAddress } from "./clientAddress";

/** Read when asked for: most functions do not ask. */
export class RequestOrigin implements Origin {
  readonly #incoming: IncomingMessage;
  // The socket forgets its peer when it closes, and the request outlives it.
  readonly #peer: string | undefined;
  readonly #proxies: number;
  #requestId: string | undefined;

  /** @param proxies see `clientAddress`. */
  constructor(incoming: IncomingMessage, proxies: number) {
    this.#incoming = incoming;
    this.#peer = incoming.socket.remoteAddress;
    this.#proxies = proxies;
  }

  get ip(): string | null {
    return clientAddress(this.#peer, this.#incoming.headers, this.#proxies);
  }

  get userAgent(): string | null {
    return this.#incoming.headers["user-agent"] ?? null;
  }

  /** 16 hexadecimal digits, as on Convex. */
  get requestId(): string {
    return (this.#requestId ??= newRequestId());
  }

  get token(): string | null {
    return /^Bearer +(\S.*)$/i.exec(this.#incoming.headers.authorization ?? "")?.[1] ?? null;
  }
}

/** The origin of what the operator runs: no request is behind it. */
export function operatorOrigin(): Origin {
  return { ip: null, userAgent: null, requestId: newRequestId(), token: null };
}

// A call for random bytes costs the same for a few as for many.
const ID_BYTES = 8;
let pool = Buffer.alloc(0);
let at = 0;

function newRequestId(): string {
  if (at === pool.length) {
    pool = randomBytes(ID_BYTES * 128);
    at = 0;
  }
  return pool.toString("hex", at, (at += ID_BYTES));
}
