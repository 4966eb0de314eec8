/** Origins of calls: what is behind them, and what of that components see. */
import { randomBytes } from "node:crypto";
import type { LogLine } from "./logLine";

/** The scheduled function that runs, as far as those that it calls need to know. */
export interface ScheduledBy {
  readonly id: string;
  readonly kind: "mutation" | "action";
}

/** The request that started it all; functions that are called on its behalf share it. */
export interface Origin {
  /** The client's address, `null` where no HTTP request is behind the call. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly requestId: string;
  /** The credential of the `Authorization` header's `Bearer` scheme, `null` without one. */
  readonly token: string | null;
  /** Set where the scheduler is behind the call. */
  readonly scheduledBy?: ScheduledBy | undefined;
  /** The JSON text of the identity that the operator acts as, in the place of one that a token proves. */
  readonly identity?: string | undefined;
  /** Told of what functions write, beside the log. */
  readonly logged?: ((line: LogLine) => void) | undefined;
}

/** The same request, from nobody. Its fields are read when asked for, as those of the original. */
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

/** The origin without who is logged in. */
export function withoutIdentity(origin: Origin): Origin {
  return origin instanceof WithoutIdentity ? origin : new WithoutIdentity(origin);
}

/** The origin of what the operator runs: no request is behind it. */
export function operatorOrigin(): Origin {
  return { ip: null, userAgent: null, requestId: newRequestId(), token: null };
}

// A call for random bytes costs the same for a few as for many.
const ID_BYTES = 8;
let pool = Buffer.alloc(0);
let at = 0;

/** 16 hexadecimal digits, as on Convex. */
export function newRequestId(): string {
  if (at === pool.length) {
    pool = randomBytes(ID_BYTES * 128);
    at = 0;
  }
  return pool.toString("hex", at, (at += ID_BYTES));
}
