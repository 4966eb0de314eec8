/**
 * A provider's public keys, fetched when first needed and kept.
 *
 * Tokens are the client's word: one with an unknown key, or a hundred a second of them, must not make this server send
 * a request for each. So keys are fetched again at most once in `COOLDOWN_MS`, whatever is asked for.
 */
import type { JSONWebKeySet, JWTVerifyGetKey } from "jose";
import { createLocalJWKSet } from "jose";
import { fetchJson } from "./authFetch";
import type { Provider } from "./authProviders";
import { withoutSlash } from "./authProviders";

/** How long keys are used before they are fetched again: a key that was withdrawn is good no longer. */
const MAX_AGE_MS = 600_000;
/** How soon after a fetch the next may follow, because a key is unknown or because the last one failed. */
const COOLDOWN_MS = 30_000;
const COOLDOWN_AFTER_FAILURE_MS = 2_000;

/** What a provider publishes. */
export interface Published {
  /** As the provider writes it itself. */
  readonly issuer: string;
  readonly kids: ReadonlySet<string>;
  readonly getKey: JWTVerifyGetKey;
}

export class ProviderKeys {
  readonly #provider: Provider;
  readonly #clock: () => number;
  #current: Promise<Published> | null = null;
  #fetchedAt = 0;
  #failed = false;

  /** @param clock milliseconds since 1970. */
  constructor(provider: Provider, clock: () => number) {
    this.#provider = provider;
    this.#clock = clock;
  }

  /**
   * The keys, fetched again where they are old or the wanted one is not among them, and not just fetched.
   *
   * @param kid of the key that is wanted, `undefined` for any.
   * @throws Error that says why there are none.
   */
  async get(kid: string | undefined): Promise<Published> {
    if (this.#current === null || this.#age() >= this.#maxAge()) return this.#fetch();
    const published = await this.#current;
    const known = kid === undefined || published.kids.has(kid);
    return known || this.#age() < COOLDOWN_MS ? published : this.#fetch();
  }

  #age(): number {
    const age = this.#clock() - this.#fetchedAt;
    // A clock that was set back must not keep old keys alive.
    return age < 0 ? Infinity : age;
  }

  #maxAge(): number {
    return this.#failed ? COOLDOWN_AFTER_FAILURE_MS : MAX_AGE_MS;
  }

  #fetch(): Promise<Published> {
    this.#fetchedAt = this.#clock();
    this.#failed = false;
    const current = publishedBy(this.#provider);
    this.#current = current;
    current.catch(() => {
      if (this.#current === current) this.#failed = true;
    });
    return current;
  }
}

async function publishedBy(provider: Provider): Promise<Published> {
  if (provider.type === "customJwt") {
    const jwks = await fetchJson(provider.jwks);
    return { issuer: provider.issuer, ...keysOf(jwks, provider.jwks) };
  }
  const url = `${withoutSlash(provider.issuer)}/.well-known/openid-configuration`;
  const metadata = await fetchJson(url);
  const { issuer, jwks_uri } = (metadata ?? {}) as Record<string, unknown>;
  if (typeof issuer !== "string" || withoutSlash(issuer) !== withoutSlash(provider.issuer)) {
    throw new Error(`"${url}" is about another issuer, ${JSON.stringify(issuer)}`);
  }
  if (typeof jwks_uri !== "string") throw new Error(`"${url}" names no \`jwks_uri\``);
  return { issuer, ...keysOf(await fetchJson(jwks_uri), jwks_uri) };
}

function keysOf(jwks: unknown, url: string): Omit<Published, "issuer"> {
  const { keys } = (jwks ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) throw new Error(`"${url}" is no JSON Web Key Set`);
  const kids = (keys as ({ kid?: unknown } | null)[]).map((key) => key?.kid);
  return {
    kids: new Set(kids.filter((kid) => typeof kid === "string")),
    getKey: createLocalJWKSet(jwks as JSONWebKeySet),
  };
}
