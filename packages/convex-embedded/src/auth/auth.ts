/**
 * `ctx.auth`: the identity of a request's sender, from its JSON Web Token.
 *
 * As on Convex (`crates/authentication/src/lib.rs`), the token's issuer and audience select the provider, and only a signature by
 * one of that provider's keys is valid.
 */
import type { Auth } from "../exec/auth";
import type { LogLine } from "../exec/logLine";
import type { Origin } from "../exec/origins";
import { TokenRefused } from "./authErrors";
import type { ProviderKeys } from "./authKeys";
import type { Provider } from "./authProviders";

/** The keys of providers, by configuration. They outlive a build, because their issuer may be unreachable. */
export type ProviderKeyCache = Map<string, ProviderKeys>;

export interface AuthOptions {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Logs when keys cannot be fetched, and when they can be fetched again. */
  readonly log: (line: LogLine) => void;
  /** Shared by all builds of a server. */
  readonly held: ProviderKeyCache;
}

/** Verifies a token. @returns the JSON text of the identity. @throws SyscallError that says why the token is refused. */
export type Verify = (token: string) => Promise<string>;

const NOTHING = (): void => undefined;

export async function createAuth(providers: readonly Provider[], options: AuthOptions): Promise<Auth> {
  const verify = await verifier(providers, options);
  const identities = new WeakMap<Origin, Promise<string>>();
  const identify = (origin: Origin): Promise<string> => {
    const { token } = origin;
    if (origin.identity !== undefined) return Promise.resolve(origin.identity);
    if (token === null) return Promise.resolve("null");
    let identity = identities.get(origin);
    if (identity === undefined) {
      identity = verify(token);
      // Callers receive the rejection. Without a caller it must not become an unhandled rejection.
      identity.catch(() => undefined);
      identities.set(origin, identity);
    }
    return identity;
  };
  return {
    identify,
    prepare(origin) {
      // A token has three parts separated by dots. An API key has one part, so it needs no keys of a provider.
      const { token } = origin;
      if (origin.identity !== undefined || token?.includes(".") !== true) return null;
      return identify(origin).then(NOTHING, NOTHING);
    },
  };
}

async function verifier(providers: readonly Provider[], options: AuthOptions): Promise<Verify> {
  if (providers.length === 0) {
    const message =
      "No auth provider found matching the given token (no providers configured). Check convex/auth.config.ts.";
    return () => Promise.reject(new TokenRefused(message, "NoAuthProvider"));
  }
  // Loaded on demand, because most projects have no providers.
  const { tokenVerifier } = await import("./authTokens");
  return tokenVerifier(providers, options);
}
