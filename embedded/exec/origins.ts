/** Origins of calls as components see them. */
import type { LogLine, Origin, ScheduledBy } from "./execution";

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
