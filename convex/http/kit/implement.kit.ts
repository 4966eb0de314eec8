import type { HonoRequest } from "hono";
import type * as z from "zod/mini";
import type { Registry } from "./api.kit";
import type { AnyContract, Docs, FieldSchemas, Paged, SpecOf, Status } from "./contract.kit";
import type { ApiContext, ApiEnv, Variables } from "./env.kit";
import "./everyRequest.kit";
import type { FileSpecs, FilesOf } from "./multipart.kit";
import type { PageCall } from "./paging.kit";
import { fail, type Caller, type FailureCode, type TokenClaims } from "./product.kit";
import type {
  BinaryReply,
  EmptyReply,
  JsonReply,
  Normalized,
  RedirectStatus,
  TextReply,
} from "./replies.kit";
import type { Plain } from "./values.kit";

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
  readonly body: Respond<C, "written", Replaceable>;
};

/** The caller, with the claims of a token if the contract asks for them. */
type CallerOf<C extends AnyContract> =
  SpecOf<C> extends { claims: true } ? Caller & { readonly claims?: TokenClaims } : Caller;

/** Answers with a body, a status, and the headers that the contract requires. */
type Respond<C extends AnyContract, Way extends keyof Ways, Extra = unknown> = {
  <S extends Declared<C, Way>>(
    body: BodyAt<C, S, Way>,
    status: S,
    headers: HeadersOf<C, S, Way> & Extra,
  ): Reply<C>;
  <S extends Declared<C, Way>>(body: BodyAt<C, S, Way>, status: S): WithoutHeaders<C, S, Way>;
};

/** Headers that any handler may set without a declaration: every reply has them, or the connection does. */
type Replaceable = { "Content-Length"?: string; "Content-Security-Policy"?: string };

/** The kinds of replies that each way of answering sends. */
type Ways = {
  json: { kind: "json" };
  plain: { kind: "text"; media: "text/plain" };
  written: { kind: "text" | "binary" | "empty" };
  ndjson: { kind: "ndjson" };
  events: { kind: "events" };
};

/** The statuses of a way of answering. Without one, a sentence that the compiler shows in its error. */
type Declared<C extends AnyContract, Way extends keyof Ways> = [StatusOf<C, Way>] extends [never]
  ? {
      json: "The contract declares no reply with JSON";
      plain: "The contract declares no reply with text/plain";
      written: "The contract declares no reply without a body, and none with text or bytes";
      ndjson: "The contract declares no stream of lines";
      events: "The contract declares no stream of events";
    }[Way]
  : StatusOf<C, Way>;

/** The result of a call without headers: a reply, or a sentence that names the missing headers in the compiler's error. */
type WithoutHeaders<C extends AnyContract, S, Way extends keyof Ways> = [
  Needed<HeadersOf<C, S, Way>>,
] extends [never]
  ? Reply<C>
  : `The reply ${S & number} needs the header ${Needed<HeadersOf<C, S, Way>>}`;
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

type DocsOf<C extends AnyContract> = SpecOf<C> extends { docs: () => infer D extends Docs } ? D : never;
type RepliesOf<C extends AnyContract> = DocsOf<C>["replies"];
type IsPaged<C extends AnyContract> = SpecOf<C> extends { paged: true | Paged } ? true : false;
/** The values of a list's filters. A filter that the request does not have is absent. */
type FiltersOf<C extends AnyContract> =
  SpecOf<C> extends { paged: { filters: infer F } }
    ? { [Name in keyof OutputOf<F>]?: OutputOf<F>[Name] }
    : unknown;
/** Whether the body of a contract has this type. */
type Takes<C extends AnyContract, Type> = SpecOf<C> extends { body: { type: Type } } ? true : false;
/** The declared replies of a status that a way of answering sends. */
export type ReplyAt<C extends AnyContract, S, Way extends keyof Ways> = S extends keyof RepliesOf<C>
  ? Extract<Normalized<RepliesOf<C>[S]>, Ways[Way]>
  : never;
type StatusOf<C extends AnyContract, Way extends keyof Ways> = Status &
  {
    [S in keyof RepliesOf<C>]: [ReplyAt<C, S, Way>] extends [never] ? never : S;
  }[keyof RepliesOf<C>];
/** The body that a handler passes. Any value for an undeclared reply, so that the error is about the status. */
type BodyAt<C extends AnyContract, S, Way extends keyof Ways> = [ReplyAt<C, S, Way>] extends [never]
  ? unknown
  : BodyOf<ReplyAt<C, S, Way>>;
type BodyOf<R> =
  R extends JsonReply<infer S>
    ? z.output<S>
    : R extends TextReply<`${string}/${string}`, infer S>
      ? (z.output<S> extends string ? z.output<S> : string) | ReadableStream<Uint8Array>
      : R extends BinaryReply
        ? ArrayBuffer | Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array> | null
        : R extends EmptyReply
          ? null
          : never;

type Validated<C extends AnyContract> = {
  param: SpecOf<C> extends { params: infer F } ? OutputOf<F> : never;
  query: SpecOf<C> extends { query: infer F } ? OutputOf<F> : never;
  form: SpecOf<C> extends { body: { type: "form" | "multipart"; fields: infer F } } ? OutputOf<F> : never;
  json: SpecOf<C> extends {
    body: { type: "json"; schema: (fields: FieldSchemas) => infer B extends z.ZodMiniType };
  }
    ? z.output<B>
    : never;
};
type OutputOf<F> = F extends (fields: FieldSchemas) => infer Made
  ? OutputOf<Made>
  : F extends Readonly<Record<string, Plain>>
    ? { [Name in keyof F]: string }
    : F extends Record<string, z.ZodMiniType>
      ? z.output<z.ZodMiniObject<F>>
      : never;
/** The headers of a reply: those that follow from the contract, those that the reply declares, and its media type. */
export type HeadersOf<C extends AnyContract, S, Way extends keyof Ways> = Simplified<
  ImpliedHeaders<C, S> &
    OwnHeaders<ReplyAt<C, S, Way>> &
    (Way extends "written" ? MediaHeader<ReplyAt<C, S, Way>> : unknown)
>;
/** One object type instead of an intersection, so that an error of the compiler is short. */
type Simplified<T> = { [Name in keyof T]: T[Name] };

type ImpliedHeaders<C extends AnyContract, S> = (S extends 201
  ? SpecOf<C> extends { unlisted: true }
    ? unknown
    : { Location: string }
  : unknown) &
  (S extends RedirectStatus ? { Location: string } : unknown) &
  (S extends 206 ? { "Content-Range": string } : unknown) &
  (SpecOf<C> extends { conditional: true }
    ? S extends 200 | 201 | 203 | 206 | 304
      ? { ETag: string }
      : unknown
    : unknown) &
  (IsPaged<C> extends true ? (S extends 200 ? { Link?: string } : unknown) : unknown);

type OwnHeaders<R> = R extends { headers: infer H }
  ? { [N in Exclude<NamesOf<H>, OptionalOf<H>>]: HeaderText<H[N]> } & {
      [N in OptionalOf<H>]?: HeaderText<H[N]>;
    }
  : unknown;
/** The declared names. A reply without headers may have the general type, whose names are any string. */
type NamesOf<H> = string extends keyof H ? never : keyof H;
type OptionalOf<H> = {
  [N in NamesOf<H>]: SchemaOf<H[N]> extends { _zod: { optout: "optional" } } ? N : never;
}[NamesOf<H>];
type SchemaOf<H> = H extends { schema: infer S } ? S : H;
type HeaderText<H> =
  Exclude<z.output<SchemaOf<H>>, undefined> extends infer T
    ? T extends string
      ? T
      : T extends number
        ? `${number}`
        : never
    : never;

/** `Content-Type` of text and bytes. `c.json`, `c.text` and streams set it themselves. */
type MediaHeader<R> = R extends { kind: "text" | "binary"; media: infer M extends string }
  ? M extends "application/octet-stream"
    ? { "Content-Type": string }
    : { "Content-Type": M | `${M};${string}` }
  : unknown;
