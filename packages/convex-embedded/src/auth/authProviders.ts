/** The identity providers that `auth.config.ts` exports. */

/** A provider that publishes its keys through OpenID Connect discovery. */
interface OidcProvider {
  readonly type: "oidc";
  /** As configured, with the scheme added. */
  readonly issuer: string;
  readonly applicationID: string;
}

/** A provider whose key URL is configured. */
interface JwtProvider {
  readonly type: "customJwt";
  readonly issuer: string;
  /** An `https:` or `data:` URL, or an `http:` URL on this machine. */
  readonly jwks: string;
  readonly algorithm: "RS256" | "ES256";
  readonly applicationID: string | null;
}

export type Provider = OidcProvider | JwtProvider;

const FILE = "convex/auth.config.ts";

/** The configuration is invalid. The message names the file and the field. */
class AuthConfigError extends Error {}

/**
 * Parses the providers.
 *
 * @param config the default export of `auth.config.ts`, `undefined` if the project has no such file.
 * @throws AuthConfigError
 */
export function parseProviders(config: unknown): readonly Provider[] {
  if (config === undefined) return [];
  const providers = isObject(config) ? config["providers"] : undefined;
  if (!Array.isArray(providers)) {
    throw new AuthConfigError(`${FILE}: the default export must be an object with a list \`providers\``);
  }
  return providers.map((provider: unknown, i) => parse(provider, `${FILE}: providers[${i}]`));
}

function parse(provider: unknown, where: string): Provider {
  if (!isObject(provider)) throw new AuthConfigError(`${where} must be an object`);
  const text = (field: string): string => {
    const value = provider[field];
    if (typeof value === "string" && value !== "") return value;
    throw new AuthConfigError(
      `${where}.${field} is ${value === undefined ? "not set" : "not a string"}. If it comes from an environment variable, ` +
        "set that in the environment or in the env file.",
    );
  };
  if (provider["type"] === undefined) {
    const issuer = issuerOf(text("domain"), `${where}.domain`);
    return { type: "oidc", issuer, applicationID: text("applicationID") };
  }
  if (provider["type"] !== "customJwt") {
    throw new AuthConfigError(`${where}.type must be "customJwt", or left out for OpenID Connect`);
  }
  const algorithm = text("algorithm");
  if (algorithm !== "RS256" && algorithm !== "ES256") {
    throw new AuthConfigError(
      `${where}: Invalid signature algorithm (only RS256 and ES256 are supported): ${algorithm}`,
    );
  }
  const jwks = text("jwks");
  if (!/^data:/i.test(jwks)) checkUrl(jwks, `${where}.jwks`);
  return {
    type: "customJwt",
    issuer: issuerOf(text("issuer"), `${where}.issuer`),
    jwks,
    algorithm,
    applicationID: provider["applicationID"] == null ? null : text("applicationID"),
  };
}

/** Returns the issuer URL. As on Convex, `example.com` means `https://example.com`. */
function issuerOf(text: string, where: string): string {
  const url = /^\w+:\/\//.test(text) ? text : `https://${text}`;
  checkUrl(url, where);
  return url;
}

function checkUrl(text: string, where: string): void {
  const problem = problemOfUrl(text);
  if (problem !== null) throw new AuthConfigError(`${where}: "${text}" ${problem}`);
}

/** Returns why keys may not be fetched from a URL, or `null`. Keys from an unencrypted connection could be forged. */
export function problemOfUrl(text: string): string | null {
  if (!URL.canParse(text)) return "is not a URL";
  const { protocol, hostname } = new URL(text);
  if (protocol === "https:") return null;
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return protocol === "http:" && loopback ? null : "must use HTTPS, unless it is on this machine";
}

/** Compares issuers. A trailing slash does not matter, and the token's issuer may lack the scheme. */
export function sameIssuer(configured: string, ofToken: string): boolean {
  const url = /^https?:\/\//.test(ofToken) ? ofToken : `https://${ofToken}`;
  return withoutSlash(configured) === withoutSlash(url);
}

export function withoutSlash(url: string): string {
  let end = url.length;
  while (url[end - 1] === "/") end--;
  return url.slice(0, end);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
