/** The key with which a deployment signs tokens, for `ctx.auth.signJwt`. */

/** A public key, as `/.well-known/jwks.json` shows it. */
export interface PublicKey {
  readonly kty: "EC";
  readonly crv: "P-256";
  readonly x: string;
  readonly y: string;
  /** The key's thumbprint (RFC 7638). */
  readonly kid: string;
  readonly alg: "ES256";
  readonly use: "sig";
}

export interface TokenSigner {
  /** Returns a signed JWT whose issuer is a component. @param component `""` for the app. */
  sign(claims: Readonly<Record<string, unknown>>, component: string): string;
  /** The keys that verify its tokens. */
  keySet(): { readonly keys: readonly PublicKey[] };
}
