import type { HonoRequest } from "hono";
import type { Registry } from "./api.kit";
import type { AnyContract, SpecOf } from "./contract.kit";
import type {
  BodyAt,
  DocsOf,
  FiltersOf,
  HeadersOf,
  IsPaged,
  StatusOf,
  Takes,
  Validated,
  ReplyMethods,
} from "./declared.kit";
import type { ApiContext, ApiEnv, Variables } from "./env.kit";
import "./everyRequest.kit";
import type { FileSpecs, FilesOf } from "./multipart.kit";
import type { PageCall } from "./paging.kit";
import { fail, type Caller, type FailureCode, type TokenClaims } from "./product.kit";

/**
 * Binds a handler to its contract. The handler sees Hono's context through the contract: only validated input, and
 * `c.json` takes only the statuses, shapes and headers that the contract declares.
 *
 * @example
 * export function items(api: Registry): void {
 *   implement(api, getItem, async (c) => {
 *     const { itemId } = c.req.valid("param");
 *     const item = await c.env.runQuery(internal.items.get, { ownerId: c.var.caller.userId, itemId });
 *     return c.json(toItem(item), 200, etag(item));
 *   });
 *   implement(api, getPrice, async (c, fail) =>
 *     c.json((await priceOf(c.req.valid("param").sku)) ?? fail("upstream_failed", "The price service did not answer"), 200),
 *   );
 * }
 */
export function implement<C extends AnyContract>(api: Registry, contract: C, handler: Handler<C>): void {
  // The only cast between the contract's types and Hono's. At run time, `Call` is Hono's context.
  const handle = handler as unknown as (c: ApiContext, refuse: typeof fail) => Promise<Response>;
  api.add({ contract, handle: (c) => handle(c, fail) });
}

/**
 * @param fail Refuses the request with a code of the contract: one that its `docs` name in `problems`, or one that follows from
 *   the contract. Any other code does not compile.
 */
export type Handler<C extends AnyContract> = (c: Call<C>, fail: Fail<C>) => Promise<Reply<C>>;

type Fail<C extends AnyContract> = (
  code: CodesOf<C>,
  ...refusal: Parameters<typeof fail> extends [unknown, ...infer Rest] ? Rest : never
) => never;
/** The codes that a handler may refuse with. */
type CodesOf<C extends AnyContract> =
  | "invalid_request"
  | "internal"
  | "unavailable"
  | (SpecOf<C> extends { params: unknown } ? "not_found" : never)
  | (SpecOf<C>["scope"] extends null | "any" ? never : "insufficient_scope")
  | (DocsOf<C> extends { problems: readonly (infer Code extends FailureCode)[] } ? Code : never);

/** Hono's context, restricted to the input and replies of the contract. */
export type Call<C extends AnyContract> = {
  readonly env: ApiEnv["Bindings"];
  readonly req: HonoRequest<C["path"], Validated<C>>;
  readonly var: Pick<Variables, "requestId" | "ifMatch"> & {
    readonly caller: SpecOf<C>["scope"] extends null
      ? undefined
      : SpecOf<C> extends { anonymous: true }
        ? CallerOf<C> | undefined
        : CallerOf<C>;
    readonly once: SpecOf<C> extends { idempotent: true | "external" } ? Variables["once"] : undefined;
    readonly text: Takes<C, "signedText"> extends true ? Variables["text"] : undefined;
    readonly json: Takes<C, "anyJson"> extends true ? Variables["json"] : undefined;
    readonly upload: Takes<C, "file"> extends true ? Variables["upload"] : undefined;
    readonly files: SpecOf<C> extends { body: { type: "multipart"; files: infer F extends FileSpecs } }
      ? FilesOf<F>
      : undefined;
    readonly page: IsPaged<C> extends true ? PageCall<FiltersOf<C>> : undefined;
  };
  /** Answers with JSON. */
  readonly json: Respond<C, "json">;
  /** Answers with `text/plain`. */
  readonly text: Respond<C, "plain">;
  /**
   * Answers with text or bytes of the declared media type, which `Content-Type` has to name, or with null for a reply without a
   * body. Bytes may be null in reply to HEAD.
   */
  readonly body: Respond<C, "body", Replaceable>;
};

/** The caller, with the claims of a token if the contract asks for them. */
type CallerOf<C extends AnyContract> =
  SpecOf<C> extends { claims: true } ? Caller & { readonly claims?: TokenClaims } : Caller;

/** Answers with a body, a status, and the headers that the contract requires. */
type Respond<C extends AnyContract, Method extends keyof ReplyMethods, Extra = unknown> = {
  <S extends Declared<C, Method>>(
    body: BodyAt<C, S, Method>,
    status: S,
    headers: HeadersOf<C, S, Method> & Extra,
  ): Reply<C>;
  <S extends Declared<C, Method>>(body: BodyAt<C, S, Method>, status: S): WithoutHeaders<C, S, Method>;
};

/** Headers that any handler may set without a declaration: every reply has them, or the connection does. */
type Replaceable = { "Content-Length"?: string; "Content-Security-Policy"?: string };

/** The statuses that a method may send. If there are none, a sentence that the compiler shows in its error. */
type Declared<C extends AnyContract, Method extends keyof ReplyMethods> = [StatusOf<C, Method>] extends [
  never,
]
  ? {
      json: "The contract declares no reply with JSON";
      plain: "The contract declares no reply with text/plain";
      body: "The contract declares no reply without a body, and none with text or bytes";
      ndjson: "The contract declares no stream of lines";
      events: "The contract declares no stream of events";
    }[Method]
  : StatusOf<C, Method>;

/** The result of a call without headers: a reply, or a sentence that names the missing headers in the compiler's error. */
type WithoutHeaders<C extends AnyContract, S, Method extends keyof ReplyMethods> = [
  Needed<HeadersOf<C, S, Method>>,
] extends [never]
  ? Reply<C>
  : `The reply ${S & number} needs the header ${Needed<HeadersOf<C, S, Method>>}`;
/** The names of the required headers. `Link` is required on purpose: its value may be absent, but not forgotten. */
type Needed<H> = H extends H
  ? {
      [Name in keyof H]-?: Partial<Pick<H, Name>> extends Pick<H, Name>
        ? Name extends "Link"
          ? Name
          : never
        : Name;
    }[keyof H] &
      string
  : never;

declare const declaredBy: unique symbol;
/** A response made by the contract's `c.json`, `c.text` or `c.body`, or by a stream. */
export type Reply<C extends AnyContract> = Response & { readonly [declaredBy]: SpecOf<C>["operationId"] };
