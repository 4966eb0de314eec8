import type { Context } from "hono";
import type { PageCall } from "./paging.kit";
import type { ActionCtx, Caller, Idempotency, Once, TokenClaims } from "./product.kit";

/**
 * Runs a handler's work once for an idempotency key. If the client sent a key, the function gets it as the argument
 * `idempotency`. The function returns whether an earlier request has already done the work.
 *
 * @example
 * const item = await c.var.once((key) => c.env.runMutation(internal.items.create, { ...fields, ...key }));
 */
export type OnceCall = <T>(work: (key: { idempotency?: Idempotency }) => Promise<Once<T>>) => Promise<T>;

/** Values that one step of the request pipeline sets for later steps. */
export type Variables = {
  requestId: string;
  /** Renders a thrown value as a problem. It loads the catalogue of problems. */
  renderProblem: (thrown: unknown) => Promise<Response>;
  /** The reason why `admit` refused a token. It appears only in the log. */
  reason: string;
  /** Set by `admit`. Missing on public routes. `readClaims` adds the claims of a token. */
  caller: Caller & { claims?: TokenClaims };
  /** Set by `readBody` on upload routes: the bytes, the type as the client wrote it, and the name if a form contains it. */
  upload: { bytes: Uint8Array<ArrayBuffer>; contentType: string; name?: string };
  /** Set by `readBody` on routes that take a form with files: by name, one file, a list, or undefined for no file. */
  files: Readonly<Record<string, File | File[] | undefined>>;
  /** Set by `readBody` on routes that take signed text. */
  text: string;
  /** Set by `readBody` on routes whose JSON stays text: one value, checked. */
  json: string;
  /** Set by `readIdempotencyKey` on routes that create. */
  once: OnceCall;
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
