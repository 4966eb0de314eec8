/** `ctx.auth` as executions use it: who sent a request. */
import type { Origin } from "./origins";

export interface Auth {
  /**
   * The JSON text of the `UserIdentity` behind a request, `null` where it has no token. Found out once for a request.
   *
   * @throws SyscallError that says why the token is refused; one that says so where that cannot be decided.
   */
  identify(origin: Origin): Promise<string>;
  /** Fetches what `identify` will need. @returns `null` if there is nothing to wait for, else what never rejects. */
  prepare(origin: Origin): Promise<void> | null;
}
