import type { Context } from "hono";
import type { ActionCtx } from "../../_generated/server";
import type { Id } from "../../_generated/dataModel";
import type { PageCall } from "./paging.kit";

/** Who is calling, as the credential's look-up found. */
export type Caller = {
  userId: Id<"users">;
  scopes: readonly string[];
  key: { id: Id<"apiKeys">; publicId: string };
};

/** What the steps of a request leave for the next ones. */
export type Variables = {
  requestId: string;
  /** Set by `admit`; routes that anyone may call have none. */
  caller: Caller;
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
