/** The origin of a call: the request or job that caused it, and the parts of it that components see. */
import { randomBytes } from "node:crypto";
import type { LogLine } from "./logLine";

/** The scheduled function that is running, in the form that the functions it calls need. */
export interface ScheduledBy {
  readonly id: string;
  readonly kind: "mutation" | "action";
}

/** The request that caused a call. All functions that run for the request share one origin. */
export interface Origin {
  /** The client's IP address, `null` if no HTTP request caused the call. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
  /** The credential of the `Authorization` header's `Bearer` scheme, `null` without one. */
  readonly token: string | null;
  /** Convex's message for an `Authorization` header of another form. The identity of an HTTP action fails with it. */
  readonly malformed?: string | undefined;
  /** Set if the scheduler caused the call. */
  readonly scheduledBy?: ScheduledBy | undefined;
  /** The JSON text of the identity that the operator acts as. Replaces the identity of a token. */
  readonly identity?: string | undefined;
  /** Receives the lines that functions log, in addition to the log. */
  readonly logged?: ((line: LogLine) => void) | undefined;
}

/** An origin without identity. Getters read the original's fields lazily. */
class WithoutIdentity implements Origin {
  readonly token = null;

  constructor(readonly original: Origin) {}

  get ip(): string | null {
    return this.original.ip;
  }

  get userAgent(): string | null {
    return this.original.userAgent;
  }

  get requestId(): string {
    return this.original.requestId;
  }

  get scheduledBy(): ScheduledBy | undefined {
    return this.original.scheduledBy;
  }

  get logged(): ((line: LogLine) => void) | undefined {
    return this.original.logged;
  }
}

/** Returns the origin without its identity. */
export function withoutIdentity(origin: Origin): Origin {
  return origin instanceof WithoutIdentity ? origin : new WithoutIdentity(origin);
}

/** Returns the origin of a call by the operator. No request caused it. */
export function operatorOrigin(): Origin {
  return { ip: null, userAgent: null, requestId: newRequestId(), token: null };
}

// One call for many random bytes costs as much as one for a few, so ids come from a pool.
const ID_BYTES = 8;
let pool = Buffer.alloc(0);
let at = 0;

/** Returns a new request id: 16 hexadecimal digits, as on Convex. */
export function newRequestId(): string {
  if (at === pool.length) {
    pool = randomBytes(ID_BYTES * 128);
    at = 0;
  }
  return pool.toString("hex", at, (at += ID_BYTES));
}
