/**
 * Signed tokens of upload URLs. A token proves that a function of this deployment requested the URL within the last hour. As on
 * Convex it does not describe the file, and is valid for any number of uploads.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

const VALID_SECONDS = 60 * 60;

/** The result of checking a token. */
export type CheckedToken =
  | { readonly state: "valid"; readonly component: string }
  | { readonly state: "invalid" }
  | { readonly state: "expired" };

export class UploadTokens {
  /** @param key the secret signing key. */
  constructor(private readonly key: Uint8Array) {}

  /** Issues a token. @param component the owner of uploaded files. @param now milliseconds since 1970. */
  issue(component: string, now: number): string {
    const claims = Buffer.from(JSON.stringify([Math.floor(now / 1000), component])).toString("base64url");
    return `${claims}.${this.#sign(claims).toString("base64url")}`;
  }

  /** Checks a token. @param now milliseconds since 1970. */
  check(token: string, now: number): CheckedToken {
    const [claims = "", signature = "", ...rest] = token.split(".");
    const given = Buffer.from(signature, "base64url");
    const right = this.#sign(claims);
    if (rest.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) {
      return { state: "invalid" };
    }
    // The signature proves that `issue` wrote the claims.
    const [issued, component] = JSON.parse(Buffer.from(claims, "base64url").toString()) as [number, string];
    if (issued + VALID_SECONDS <= Math.floor(now / 1000)) return { state: "expired" };
    return { state: "valid", component };
  }

  #sign(claims: string): Buffer {
    return createHmac("sha256", this.key).update(claims).digest();
  }
}
