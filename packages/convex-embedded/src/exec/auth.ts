/** The identity of a request's sender, for `ctx.auth`. */
import type { Origin } from "./origins";

export interface Auth {
  /**
   * Returns the JSON text of the request's `UserIdentity`, or `null` if the request has no token. Each request is identified once.
   *
   * @throws SyscallError with the reason if the token is refused, or if the token cannot be checked.
   */
  identify(origin: Origin): Promise<string>;
  /** Fetches the data that `identify` needs. @returns `null` if nothing is to fetch, else a promise that never rejects. */
  prepare(origin: Origin): Promise<void> | null;
}
