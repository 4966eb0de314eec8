import type { HonoRequest } from "hono";
import type * as z from "zod/mini";
import type { Registry } from "./api.kit";
import type { AnyContract, Docs, FieldSchemas, SpecOf, Status } from "./contract.kit";
import type { ApiContext, ApiEnv, Variables } from "./env.kit";
import "./everyRequest.kit";
import type { Caller } from "./product.kit";
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
 * }
 */
export function implement<C extends AnyContract>(api: Registry, contract: C, handler: Handler<C>): void {
  // The only cast between the contract's types and Hono's. At run time, `Call` is Hono's context.
  api.add({ contract, handle: handler as unknown as (c: ApiContext) => Promise<Response> });
}

export type Handler<C extends AnyContract> = (c: Call<C>) => Promise<Reply<C>>;

/** Hono's context, restricted to the input and replies of the contract. */
export type Call<C extends AnyContract> = {
  readonly env: ApiEnv["Bindings"];
  readonly req: HonoRequest<C["path"], Validated<C>>;
  readonly var: Pick<Variables, "requestId" | "ifMatch"> & {
    readonly caller: SpecOf<C>["scope"] extends null
      ? undefined
      : SpecOf<C> extends { anonymous: true }
        ? Caller | undefined
        : Caller;
    readonly once: SpecOf<C> extends { idempotent: true } ? Variables["once"] : undefined;
    readonly text: Takes<C, "signedText"> extends true ? Variables["text"] : undefined;
    readonly json: Takes<C, "anyJson"> extends true ? Variables["json"] : undefined;
    readonly upload: Takes<C, "file"> extends true ? Variables["upload"] : undefined;
    readonly page: SpecOf<C> extends { paged: true } ? Variables["page"] : undefined;
  };
  /** Answers with JSON. */
  readonly json: <S extends Declared<C, "json">>(
    body: BodyOf<C, S>,
    status: S,
    ...headers: HeaderArguments<C, S>
  ) => Reply<C>;
  /** Answers with text. */
  readonly text: <S extends Declared<C, "json">>(body: BodyOf<C, S> & string, status: S) => Reply<C>;
  readonly body: [StatusOf<C, "written">] extends [never]
    ? EmptyReply<C>
    : [StatusOf<C, "empty">] extends [never]
      ? WrittenReply<C>
      : EmptyReply<C> & WrittenReply<C>;
};

/** Answers without a body. */
type EmptyReply<C extends AnyContract> = <S extends Declared<C, "empty">>(
  body: null,
  status: S,
  ...headers: HeaderArguments<C, S>
) => Reply<C>;

/** Answers with a text or a stream, or without a body for HEAD, and with all its headers. */
type WrittenReply<C extends AnyContract> = (
  body: string | ReadableStream<Uint8Array> | null,
  status: Declared<C, "written">,
  headers: Readonly<Record<string, string>>,
) => Reply<C>;

/** The statuses of a kind of reply. Without one, a sentence that the compiler shows in its error. */
type Declared<C extends AnyContract, Kind extends "json" | "written" | "empty"> = [
  StatusOf<C, Kind>,
] extends [never]
  ? {
      json: "The contract declares no reply with JSON";
      written: "The contract declares no reply with a media type of its own";
      empty: "The contract declares no reply without a body";
    }[Kind]
  : StatusOf<C, Kind>;

declare const declaredBy: unique symbol;
/** A response made by the contract's `c.json` or `c.body`. */
export type Reply<C extends AnyContract> = Response & { readonly [declaredBy]: SpecOf<C>["operationId"] };

type DocsOf<C extends AnyContract> = SpecOf<C> extends { docs: () => infer D extends Docs } ? D : never;
type RepliesOf<C extends AnyContract> = DocsOf<C>["replies"];
/** Whether the body of a contract has this type. */
type Takes<C extends AnyContract, Type> = SpecOf<C> extends { body: { type: Type } } ? true : false;
/** The statuses whose replies have a JSON body, a body that is already written, or no body. */
type StatusOf<C extends AnyContract, Kind extends "json" | "written" | "empty"> = Status &
  {
    [S in keyof RepliesOf<C>]: Kind extends KindOf<C, RepliesOf<C>[S]> ? S : never;
  }[keyof RepliesOf<C>];
type KindOf<C extends AnyContract, R> = R extends null
  ? "empty"
  : DocsOf<C> extends { media: string }
    ? "written"
    : "json" | (DocsOf<C> extends { page: true } ? "written" : never);
type BodyOf<C extends AnyContract, S> = S extends Status
  ? RepliesOf<C>[S] extends infer T extends z.ZodMiniType
    ? z.output<T>
    : never
  : never;

type Validated<C extends AnyContract> = {
  param: SpecOf<C> extends { params: infer F } ? OutputOf<F> : never;
  query: SpecOf<C> extends { query: infer F } ? OutputOf<F> : never;
  form: SpecOf<C> extends { body: { type: "form"; fields: infer F } } ? OutputOf<F> : never;
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
type HeadersOf<C extends AnyContract, S> = (S extends 201
  ? SpecOf<C> extends { unlisted: true }
    ? unknown
    : { Location: string }
  : unknown) &
  (S extends 302 ? { Location: string } : unknown) &
  (SpecOf<C> extends { conditional: true }
    ? S extends 200 | 201 | 304
      ? { ETag: string }
      : unknown
    : unknown) &
  (SpecOf<C> extends { paged: true } ? (S extends 200 ? { Link?: string } : unknown) : unknown) &
  (DocsOf<C> extends { replyHeaders: { readonly [K in S & Status]: readonly (infer Name extends string)[] } }
    ? { [N in Name]: string }
    : unknown);
type HeaderArguments<C extends AnyContract, S> =
  unknown extends HeadersOf<C, S> ? [] : [headers: HeadersOf<C, S>];
