/** Who may issue tokens for the app: what `auth.config.ts` exports. */

/** A provider that publishes its keys as OpenID Connect says. */
interface OidcProvider {
  readonly type: "oidc";
  /** With scheme, as written otherwise. */
  readonly issuer: string;
  readonly applicationID: string;
}

/** A provider whose keys are named in the configuration. */
interface JwtProvider {
  readonly type: "customJwt";
  readonly issuer: string;
  /** `https:`, `http:` to this machine, or `data:`. */
  readonly jwks: string;
  readonly algorithm: "RS256" | "ES256";
  readonly applicationID: string | null;
}

export type Provider = OidcProvider | JwtProvider;

const FILE = "convex/auth.config.ts";

/** The configuration cannot be used. The message names the file and the field. */
class AuthConfigError extends Error {}

/**
 * Checks what the module exports.
 *
 * @param config its default export, `undefined` where the project has no such file.
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
  if (!isObject(provider)) throw new AuthConfigError(`${where} is no object`);
  const text = (field: string): string => {
    const value = provider[field];
    if (typeof value === "string" && value !== "") return value;
    throw new AuthConfigError(
      `${where}.${field} is ${value === undefined ? "not set" : "no text"}. If it comes from an environment variable, ` +
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

/** As on Convex `example.com` means `https://example.com`. */
function issuerOf(text: string, where: string): string {
  const url = /^\w+:\/\//.test(text) ? text : `https://${text}`;
  checkUrl(url, where);
  return url;
}

function checkUrl(text: string, where: string): void {
  const problem = problemOfUrl(text);
  if (problem !== null) throw new AuthConfigError(`${where}: "${text}" ${problem}`);
}

/** Why nothing is fetched from there, or `null`: keys that came unencrypted could be anyone's. */
export function problemOfUrl(text: string): string | null {
  if (!URL.canParse(text)) return "is no URL";
  const { protocol, hostname } = new URL(text);
  if (protocol === "https:") return null;
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return protocol === "http:" && loopback ? null : "must use HTTPS, unless it is on this machine";
}

/** Issuers are the same with and without a slash at the end, and a token's may lack the scheme. */
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
