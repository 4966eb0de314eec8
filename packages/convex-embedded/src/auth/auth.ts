/**
 * `ctx.auth`: who sent a request, by the JSON Web Token in it.
 *
 * As on Convex (`crates/authentication/src/lib.rs`) the token's issuer and audience choose the provider, and only a
 * signature by one of that provider's keys counts.
 */
import { SyscallError } from "../exec/errors";
import type { Origin } from "../exec/origins";
import type { Provider } from "./authProviders";

export interface Auth {
  /**
   * The JSON text of the `UserIdentity` behind a request, `null` where it has no token. Found out once for a request.
   *
   * @throws SyscallError that says why the token is refused.
   */
  identify(origin: Origin): Promise<string>;
  /** Fetches what `identify` will need. @returns `null` if there is nothing to wait for, else what never rejects. */
  prepare(origin: Origin): Promise<void> | null;
}

/** @returns the JSON text of the identity. @throws SyscallError that says why the token is refused. */
export type Verify = (token: string) => Promise<string>;

const NOTHING = (): void => undefined;

/** @param clock milliseconds since 1970. */
export async function createAuth(providers: readonly Provider[], clock: () => number): Promise<Auth> {
  const verify = await verifier(providers, clock);
  const identities = new WeakMap<Origin, Promise<string>>();
  const identify = (origin: Origin): Promise<string> => {
    const { token } = origin;
    if (origin.identity !== undefined) return Promise.resolve(origin.identity);
    if (token === null) return Promise.resolve("null");
    let identity = identities.get(origin);
    if (identity === undefined) {
      identity = verify(token);
      // Whoever asks gets the rejection; that nobody does is no failure of the server.
      identity.catch(() => undefined);
      identities.set(origin, identity);
    }
    return identity;
  };
  return {
    identify,
    prepare(origin) {
      // A token has three parts between dots; an API key has one, and needs no provider's keys.
      const { token } = origin;
      if (origin.identity !== undefined || token?.includes(".") !== true) return null;
      return identify(origin).then(NOTHING, NOTHING);
    },
  };
}

async function verifier(providers: readonly Provider[], clock: () => number): Promise<Verify> {
  if (providers.length === 0) {
    const message =
      "No auth provider found matching the given token (no providers configured). Check convex/auth.config.ts.";
    return () => Promise.reject(new SyscallError(message));
  }
  // Most projects have no providers, and then need no library to verify tokens.
  const { tokenVerifier } = await import("./authTokens");
  return tokenVerifier(providers, clock);
}
