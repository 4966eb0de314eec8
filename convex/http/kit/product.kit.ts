/**
 * The names that the kit needs from the product for every request. `productFormats.kit.ts` has the others. No other file of the kit
 * imports from outside its folder. To use the kit in another app, provide these names.
 */

/** Convex's context of an HTTP action. */
export type { ActionCtx } from "../../_generated/server";
/** The caller of a request, and the scopes that a contract may require. */
export type { Caller } from "../../identity/caller.lib";
export type { Scope } from "../../identity/scopes.lib";
/** The claims of tokens that a contract can ask for. */
export type { TokenClaims } from "../api.claims";
/** Refusals: their codes, and the error that carries one from a function to its reply. */
export {
  fail,
  failure,
  failureOf,
  type Failure,
  type FailureCode,
  type FieldError,
} from "../../lib/failure.lib";
export { platformFailureOf } from "../../lib/unavailable.lib";
/** The arguments of idempotent functions (`Idempotency-Key`) and of list functions. */
export type { Idempotency, Once } from "../../lib/idempotency.lib";
export type { PageRequest, Position } from "../../lib/page.lib";
export type { RankedPosition, SearchRequest } from "../../lib/search.lib";
/** The base URL of problem types. */
export { publicUrl } from "../../lib/env.lib";
