/**
 * A provider's public keys: fetched when first needed, and held until newer ones have been fetched.
 *
 * A client chooses what its token says. A token with an unknown key, or a hundred of them a second, must neither make
 * this server send a request for each nor cost it the keys that it holds. So a fetch follows the last one only after a
 * cooldown, and only a fetch that succeeds replaces what is held.
 */
import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import { createLocalJWKSet } from "jose";
import type { AuthOptions } from "./auth";
import { IssuerUnreachable } from "./authErrors";
import { fetchJson } from "./authFetch";
import type { Provider } from "./authProviders";
import { withoutSlash } from "./authProviders";

/** How long keys are used before they are fetched again, so that a key that the issuer withdrew is refused. */
const MAX_AGE_MS = 600_000;
/** Milliseconds between the end of a fetch and the next one, where the first has succeeded or failed. */
const COOLDOWN_MS = 30_000;
const COOLDOWN_AFTER_FAILURE_MS = 2_000;

/** What a provider publishes. */
export interface PublishedKeys {
  /** As the provider writes it itself. */
  readonly issuer: string;
  readonly getKey: JWTVerifyGetKey;
}

export class ProviderKeys {
  #held: PublishedKeys | null = null;
  /** When the held keys were fetched, and when the last fetch ended, whatever its outcome. */
  #heldSince = 0;
  #endedAt = -Infinity;
  /** The reason why the last fetch failed, `null` if it succeeded. */
  #failure: string | null = null;
  /** The fetch that is under way. It never rejects. */
  #fetching: Promise<void> | null = null;

  constructor(
    private readonly provider: Provider,
    private readonly options: Pick<AuthOptions, "clock" | "log">,
  ) {}

  /**
   * Verifies with the keys that are held. Where these are missing, old, or not the ones that signed, they are fetched
   * first, unless that was done within the cooldown.
   *
   * @param verify is called again with newer keys, and rejects where the keys do not fit.
   * @param fits false for a rejection of `verify` that other keys could turn into success.
   * @throws IssuerUnreachable where other keys could decide, and the last fetch has failed.
   */
  async verify<T>(
    verify: (published: PublishedKeys) => Promise<T>,
    fits: (rejection: unknown) => boolean,
  ): Promise<T> {
    for (let published = await this.#current(); ;) {
      try {
        return await verify(published);
      } catch (rejection) {
        if (fits(rejection)) throw rejection;
        if (this.#held === published) await this.#fetchUnlessJustDone();
        // Newer keys came less than a cooldown ago, so that this ends with them.
        if (this.#held === published || this.#held === null) {
          throw this.#failure === null ? rejection : this.#unreachable();
        }
        published = this.#held;
      }
    }
  }

  /** The held keys, fetched first where there are none or they are old. */
  async #current(): Promise<PublishedKeys> {
    if (this.#held !== null && this.#since(this.#heldSince) >= MAX_AGE_MS) {
      const fetched = this.#fetchUnlessJustDone();
      // While the issuer cannot be reached, no request waits to learn that it still cannot.
      if (this.#failure === null) await fetched;
    }
    if (this.#held === null) await this.#fetchUnlessJustDone();
    if (this.#held === null) throw this.#unreachable();
    return this.#held;
  }

  #since(time: number): number {
    const age = this.options.clock() - time;
    // A clock that was set back must not keep old keys alive.
    return age < 0 ? Infinity : age;
  }

  #fetchUnlessJustDone(): Promise<void> {
    const cooldown = this.#failure === null ? COOLDOWN_MS : COOLDOWN_AFTER_FAILURE_MS;
    if (this.#fetching === null && this.#since(this.#endedAt) < cooldown) return Promise.resolve();
    return (this.#fetching ??= this.#fetch());
  }

  async #fetch(): Promise<void> {
    let failure: string | null = null;
    try {
      this.#held = await publishedBy(this.provider);
      this.#heldSince = this.options.clock();
    } catch (error) {
      failure = reasonOf(error);
    }
    this.#report(failure);
    this.#failure = failure;
    this.#endedAt = this.options.clock();
    this.#fetching = null;
  }

  /** Logs the first failure, one with another reason, and the success that follows. */
  #report(failure: string | null): void {
    if (failure === this.#failure) return;
    const keys = `the keys of the issuer ${this.provider.issuer}`;
    const others = "Tokens that these keys do not verify are answered with 503";
    const effect =
      this.#held === null
        ? "Its tokens are answered with 503 until they can"
        : `Those that were fetched before stay in use. ${others} until new ones can`;
    this.options.log(
      failure === null
        ? { level: "info", path: null, message: `${keys} were fetched again` }
        : { level: "error", path: null, message: `${keys} cannot be fetched: ${failure}. ${effect}` },
    );
  }

  #unreachable(): IssuerUnreachable {
    const provider = this.provider;
    const why = this.#failure ?? "unknown";
    // Convex's words, by which functions can tell this from a token that is refused.
    return new IssuerUnreachable(
      provider.type === "oidc"
        ? `Auth provider discovery of ${provider.issuer} failed: ${why}`
        : `Could not fetch JWKS from URL '${provider.jwks}': ${why}. Check that the URL is correct and accessible.`,
    );
  }
}

/** What an error says, and what lies behind it: `fetch` keeps the interesting part in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (!(cause instanceof Error)) return message;
  const { code } = cause as NodeJS.ErrnoException;
  return `${message} (${cause.message === "" ? (code ?? cause.name) : cause.message})`;
}

async function publishedBy(provider: Provider): Promise<PublishedKeys> {
  if (provider.type === "customJwt") {
    const getKey = keysOf(await fetchJson(provider.jwks), provider.jwks);
    return { issuer: provider.issuer, getKey };
  }
  const url = `${withoutSlash(provider.issuer)}/.well-known/openid-configuration`;
  const metadata = await fetchJson(url);
  const { issuer, jwks_uri } = (metadata ?? {}) as Record<string, unknown>;
  if (typeof issuer !== "string" || withoutSlash(issuer) !== withoutSlash(provider.issuer)) {
    throw new Error(`"${url}" is about another issuer, ${JSON.stringify(issuer)}`);
  }
  if (typeof jwks_uri !== "string") throw new Error(`"${url}" names no \`jwks_uri\``);
  return { issuer, getKey: keysOf(await fetchJson(jwks_uri), jwks_uri) };
}

function keysOf(jwks: unknown, url: string): JWTVerifyGetKey {
  const { keys } = (jwks ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error(`"${url}" is no JSON Web Key Set`);
  return createLocalJWKSet(jwks as JSONWebKeySet);
}
