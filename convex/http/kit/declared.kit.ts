/** The types that follow from a contract: the input that its handler gets, and the bodies and headers of its replies. */
import type * as z from "zod/mini";
import type { AnyContract, Docs, FieldSchemas, Paged, SpecOf, Status } from "./contract.kit";
import type {
  BinaryReply,
  EmptyReply,
  JsonReply,
  Normalized,
  RedirectStatus,
  TextReply,
} from "./replies.kit";
import type { Plain } from "./values.kit";

/** The kinds of replies that each method of a handler sends: `c.json`, `c.plain`, `c.body`, and the streams. */
export type ReplyMethods = {
  json: { kind: "json" };
  plain: { kind: "text"; media: "text/plain" };
  body: { kind: "text" | "binary" | "empty" };
  ndjson: { kind: "ndjson" };
  events: { kind: "events" };
};

export type DocsOf<C extends AnyContract> =
  SpecOf<C> extends { docs: () => infer D extends Docs } ? D : never;
type RepliesOf<C extends AnyContract> = DocsOf<C>["replies"];
export type IsPaged<C extends AnyContract> = SpecOf<C> extends { paged: true | Paged } ? true : false;
/** The values of a list's filters. A filter that the request does not have is absent. */
export type FiltersOf<C extends AnyContract> =
  SpecOf<C> extends { paged: { filters: infer F } }
    ? { [Name in keyof OutputOf<F>]?: OutputOf<F>[Name] }
    : unknown;
/** Whether the body of a contract has this type. */
export type Takes<C extends AnyContract, Type> = SpecOf<C> extends { body: { type: Type } } ? true : false;
/** The declared replies of a status that a method may send. */
export type ReplyAt<
  C extends AnyContract,
  S,
  Method extends keyof ReplyMethods,
> = S extends keyof RepliesOf<C> ? Extract<Normalized<RepliesOf<C>[S]>, ReplyMethods[Method]> : never;
export type StatusOf<C extends AnyContract, Method extends keyof ReplyMethods> = Status &
  {
    [S in keyof RepliesOf<C>]: [ReplyAt<C, S, Method>] extends [never] ? never : S;
  }[keyof RepliesOf<C>];
/** The body that a handler passes. Any value for an undeclared reply, so that the error is about the status. */
export type BodyAt<C extends AnyContract, S, Method extends keyof ReplyMethods> = [
  ReplyAt<C, S, Method>,
] extends [never]
  ? unknown
  : BodyOf<ReplyAt<C, S, Method>>;
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

export type Validated<C extends AnyContract> = {
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
export type HeadersOf<C extends AnyContract, S, Method extends keyof ReplyMethods> = Simplified<
  ImpliedHeaders<C, S> &
    OwnHeaders<ReplyAt<C, S, Method>> &
    (Method extends "body" ? MediaHeader<ReplyAt<C, S, Method>> : unknown)
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
