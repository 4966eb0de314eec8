/**
 * What an upload URL proves: that a function of this deployment asked for it, less than an hour ago. As on Convex it
 * says nothing of the file, and serves for as many uploads as come in time.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

const VALID_SECONDS = 60 * 60;

/** What a token is worth. */
export type CheckedToken =
  | { readonly state: "valid"; readonly component: string }
  | { readonly state: "invalid" }
  | { readonly state: "expired" };

export class UploadTokens {
  /** @param key secret. */
  constructor(private readonly key: Uint8Array) {}

  /** @param component whose file it will be. @param now milliseconds since 1970. */
  issue(component: string, now: number): string {
    const claims = Buffer.from(JSON.stringify([Math.floor(now / 1000), component])).toString("base64url");
    return `${claims}.${this.#sign(claims).toString("base64url")}`;
  }

  /** @param now milliseconds since 1970. */
  check(token: string, now: number): CheckedToken {
    const [claims = "", signature = "", ...rest] = token.split(".");
    const given = Buffer.from(signature, "base64url");
    const right = this.#sign(claims);
    if (rest.length > 0 || given.length !== right.length || !timingSafeEqual(given, right)) {
      return { state: "invalid" };
    }
    // Nobody else could have signed them, so they are what `issue` wrote.
    const [issued, component] = JSON.parse(Buffer.from(claims, "base64url").toString()) as [number, string];
    if (issued + VALID_SECONDS <= Math.floor(now / 1000)) return { state: "expired" };
    return { state: "valid", component };
  }

  #sign(claims: string): Buffer {
    return createHmac("sha256", this.key).update(claims).digest();
  }
}
