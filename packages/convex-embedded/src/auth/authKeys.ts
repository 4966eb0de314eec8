/**
 * A provider's public keys: fetched when first needed, and cached until newer ones have been fetched.
 *
 * Clients control their tokens. A hundred tokens per second with unknown keys must neither cause a request each nor evict the
 * cached keys. Therefore a fetch waits for a cooldown after the last one, and only a successful fetch replaces the cache.
 */
import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import type { AuthOptions } from "./auth";
import { IssuerUnreachable } from "./authErrors";
import { fetchJson } from "./authFetch";
import type { Provider } from "./authProviders";
import { withoutSlash } from "./authProviders";
import { jose, loadJose } from "./jose";

/** How long keys are used before they are fetched again, so that withdrawn keys are refused. Milliseconds. */
const MAX_AGE_MS = 600_000;
/** Milliseconds between the end of a fetch, successful or not, and the next one. */
const COOLDOWN_MS = 30_000;
const COOLDOWN_AFTER_FAILURE_MS = 2_000;

/** The published issuer and keys of a provider. */
export interface PublishedKeys {
  /** The issuer as the provider spells it. */
  readonly issuer: string;
  readonly getKey: JWTVerifyGetKey;
}

export class ProviderKeys {
  #held: PublishedKeys | null = null;
  /** When the cached keys were fetched, and when the last fetch ended, successful or not. */
  #heldSince = 0;
  #endedAt = -Infinity;
  /** The reason why the last fetch failed, `null` if it succeeded. */
  #failure: string | null = null;
  /** The fetch in progress. It never rejects. */
  #fetching: Promise<void> | null = null;

  constructor(
    private readonly provider: Provider,
    private readonly options: Pick<AuthOptions, "clock" | "log">,
  ) {}

  /**
   * Verifies a token with the cached keys. If they are missing, old, or do not include the signing key, they are fetched again first,
   * unless a fetch ended within the cooldown.
   *
   * @param verify is called again with newer keys, and rejects if the keys do not match.
   * @param fits false for a rejection of `verify` that newer keys could turn into success.
   * @throws IssuerUnreachable if newer keys could decide, but the last fetch failed.
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
        // Newer keys were fetched less than a cooldown ago, so this retry is the last.
        if (this.#held === published || this.#held === null) {
          throw this.#failure === null ? rejection : this.#unreachable();
        }
        published = this.#held;
      }
    }
  }

  /** Returns the cached keys, fetched first if they are missing or old. */
  async #current(): Promise<PublishedKeys> {
    if (this.#held !== null && this.#since(this.#heldSince) >= MAX_AGE_MS) {
      const fetched = this.#fetchUnlessJustDone();
      // While the issuer is unreachable, requests do not wait for each attempt.
      if (this.#failure === null) await fetched;
    }
    if (this.#held === null) await this.#fetchUnlessJustDone();
    if (this.#held === null) throw this.#unreachable();
    return this.#held;
  }

  #since(time: number): number {
    const age = this.options.clock() - time;
    // If the clock was set back, treat the keys as old.
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

  /** Logs the first failure, each new reason, and the next success. */
  #report(failure: string | null): void {
    if (failure === this.#failure) return;
    const keys = `the keys of the issuer ${this.provider.issuer}`;
    const others = "Tokens that these keys do not verify are answered with 503";
    const effect =
      this.#held === null
        ? "Tokens of this issuer are answered with 503 until the keys can be fetched"
        : `The keys fetched before stay in use. ${others} until new keys can be fetched`;
    this.options.log(
      failure === null
        ? { level: "info", path: null, message: `${keys} were fetched again` }
        : { level: "error", path: null, message: `${keys} cannot be fetched: ${failure}. ${effect}` },
    );
  }

  #unreachable(): IssuerUnreachable {
    const provider = this.provider;
    const why = this.#failure ?? "unknown";
    // Convex's messages, by which functions can distinguish this from a refused token.
    return new IssuerUnreachable(
      provider.type === "oidc"
        ? `Auth provider discovery of ${provider.issuer} failed: ${why}`
        : `Could not fetch JWKS from URL '${provider.jwks}': ${why}. Check that the URL is correct and accessible.`,
    );
  }
}

/** Returns the message of an error and of its cause: `fetch` puts the actual reason into the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (!(cause instanceof Error)) return message;
  const { code } = cause as NodeJS.ErrnoException;
  return `${message} (${cause.message === "" ? (code ?? cause.name) : cause.message})`;
}

async function publishedBy(provider: Provider): Promise<PublishedKeys> {
  await loadJose();
  if (provider.type === "customJwt") {
    const getKey = keysOf(await fetchJson(provider.jwks), provider.jwks);
    return { issuer: provider.issuer, getKey };
  }
  const url = `${withoutSlash(provider.issuer)}/.well-known/openid-configuration`;
  const metadata = await fetchJson(url);
  const { issuer, jwks_uri } = (metadata ?? {}) as Record<string, unknown>;
  if (typeof issuer !== "string" || withoutSlash(issuer) !== withoutSlash(provider.issuer)) {
    throw new Error(`"${url}" describes another issuer, ${JSON.stringify(issuer)}`);
  }
  if (typeof jwks_uri !== "string") throw new Error(`"${url}" has no \`jwks_uri\``);
  return { issuer, getKey: keysOf(await fetchJson(jwks_uri), jwks_uri) };
}

function keysOf(jwks: unknown, url: string): JWTVerifyGetKey {
  const { keys } = (jwks ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error(`"${url}" is not a JSON Web Key Set`);
  return jose.createLocalJWKSet(jwks as JSONWebKeySet);
}
