import type { Context } from "hono";
import type { PageCall } from "./paging.kit";
import type { ActionCtx, Caller, FieldError, Idempotency, Once } from "./product.kit";

/**
 * Runs a handler's work once for an idempotency key: the function gets `idempotency` among its arguments if the client sent a
 * key, and returns whether an earlier request has done the work.
 *
 * @example
 * const item = await c.var.once((key) => c.env.runMutation(internal.items.create, { ...fields, ...key }));
 */
export type OnceCall = <T>(work: (key: { idempotency?: Idempotency }) => Promise<Once<T>>) => Promise<T>;

/** What the steps of a request leave for the next ones. */
export type Variables = {
  requestId: string;
  /** Set by `admit` where a token is refused: why, for the log alone. */
  reason: string;
  /** Set by `admit`; routes that anyone may call have none. */
  caller: Caller;
  /** Set by `readBody` on routes that take a file: its bytes, its type as the client wrote it, and its name if a form gave one. */
  upload: { bytes: Uint8Array<ArrayBuffer>; contentType: string; name?: string };
  /** Set by `readBody` on routes that take text. */
  text: string;
  /** Set by `readBody` on routes whose JSON stays text: one value, checked. */
  json: string;
  /** Set by `readIdempotencyKey` on routes that create. */
  once: OnceCall;
  /** What `validate` has found so far. */
  wrong: FieldError[];
  /** Set by `validate` on paged routes. */
  page: PageCall;
  /** Set by `validate` on conditional writes: the revisions that `If-Match` names. */
  ifMatch: number[] | undefined;
};

/** Hono's environment: `c.env` is the Convex action context. */
export type ApiEnv = {
  Bindings: { [Name in keyof ActionCtx]: ActionCtx[Name] };
  Variables: Variables;
};

export type ApiContext = Context<ApiEnv>;
