/**
 * `ctx.auth.signJwt` of mutations, with the rules and messages of Convex's backend. `convex-test` 0.0.70 has the same ones.
 */
import { randomBytes } from "node:crypto";
import type { JSONValue } from "convex/values";
import { SyscallError } from "../exec/errors";
import type { Execution } from "../exec/execution";

const MAX_LIFETIME_SECONDS = 60 * 60;
const MAX_TOKEN_BYTES = 8_000;
const RESERVED_PREFIX = /^(?:convex|cvx)/i;

interface SignJwtArgs {
  readonly claims?: JSONValue;
  readonly expiresInSeconds?: JSONValue;
}

type Claims = Readonly<Record<string, JSONValue | undefined>>;

/** Returns the signed token as JSON text. @throws SyscallError outside mutations, and for claims that are reserved or invalid. */
export function signJwt(execution: Execution, { claims, expiresInSeconds }: SignJwtArgs): string {
  const { kind, engine, component, now } = execution;
  // A cached result would keep an old token.
  if (kind === "query") {
    throw new SyscallError("ctx.auth.signJwt() can't be called from a query. Call it from a mutation.");
  }
  if (kind !== "mutation") throw new SyscallError("Unknown async operation 1.0/signJwt");
  const given = claimsOf(claims);
  const seconds = lifetimeOf(expiresInSeconds);
  checkNames(given);
  checkText(given, "sub");
  checkText(given, "jti");
  if (Object.hasOwn(given, "nbf")) {
    throw new SyscallError("The 'nbf' claim is reserved by Convex and can't be provided");
  }
  checkAudience(given);
  if (seconds > MAX_LIFETIME_SECONDS) {
    throw new SyscallError(`expiresInSeconds must be between 1 second and ${MAX_LIFETIME_SECONDS} seconds`);
  }
  const iat = Math.floor(now / 1000);
  // By its id, a verifier recognizes a token that is used twice.
  const jti = given["jti"] ?? randomBytes(16).toString("base64url");
  const token = engine.tokens.sign({ ...given, jti, iat, exp: iat + seconds }, component);
  if (token.length > MAX_TOKEN_BYTES) {
    throw new SyscallError(`The token is ${token.length} bytes, over the ${MAX_TOKEN_BYTES} byte limit`);
  }
  return JSON.stringify(token);
}

function claimsOf(claims: JSONValue = {}): Claims {
  if (typeof claims === "object" && claims !== null && !Array.isArray(claims)) return claims;
  throw new SyscallError("Invalid arguments for auth.signJwt: claims must be an object");
}

/** Returns whole seconds, as on Convex. */
function lifetimeOf(seconds: JSONValue | undefined): number {
  if (typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 1) return Math.floor(seconds);
  throw new SyscallError(
    "Invalid arguments for auth.signJwt: expiresInSeconds must be a number of seconds, at least 1",
  );
}

function checkNames(claims: Claims): void {
  for (const name of ["iss", "iat", "exp"]) {
    if (Object.hasOwn(claims, name)) {
      throw new SyscallError(`The '${name}' claim is set by Convex and can't be provided`);
    }
  }
  const reserved = Object.keys(claims).find((name) => RESERVED_PREFIX.test(name));
  if (reserved === undefined) return;
  throw new SyscallError(
    `The '${reserved}' claim can't be provided: claim names starting with 'convex' or 'cvx' are reserved`,
  );
}

function checkText(claims: Claims, name: string): void {
  if (!Object.hasOwn(claims, name) || isText(claims[name])) return;
  throw new SyscallError(`The '${name}' claim must be a non-empty string`);
}

/** All tokens have the same key, so a verifier recognizes those that were meant for it by their audience. */
function checkAudience(claims: Claims): void {
  const { aud } = claims;
  if (!Object.hasOwn(claims, "aud")) {
    throw new SyscallError("The 'aud' claim is required. Set it to the audience that verifies the token.");
  }
  if (Array.isArray(aud) ? aud.length > 0 && aud.every(isText) : isText(aud)) return;
  throw new SyscallError(
    "The 'aud' claim must be a non-empty string or a non-empty array of non-empty strings",
  );
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
