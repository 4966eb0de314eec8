/**
 * A contract is data: what a route takes, what it answers, who may call it. The router, the validator and the OpenAPI
 * document read the same object, so they cannot disagree.
 *
 * All but method and path stands in a function, because on Convex the module graph is evaluated anew for each request: what
 * a request pays for is the routing table and its own route.
 *
 * @example
 * export const getItem = contract("get", "/api/items/:itemId", () => ({
 *   operationId: "getItem",
 *   scope: "items:read",
 *   conditional: true,
 *   params: { itemId: id() },
 *   replies: documented(() => ({ 200: Item() })),
 *   docs: documented(() => ({ tag: "Items", summary: "Fetch one item", description: "Only its owner finds it." })),
 * }));
 */
import type * as z from "zod/mini";
import type { FailureCode, Scope } from "./product.kit";

export type Method = "get" | "post" | "put" | "patch" | "delete";

export type Schema = z.ZodMiniType;
type Fields = Record<string, Schema>;

/** Success statuses only: the problems a route can answer follow from its scope, params, query and body. */
export type Status = 200 | 201 | 202 | 204 | 206 | 302 | 304 | 503;
/** A reply's schema; null for one without a body. */
export type Replies = { [S in Status]?: Schema | null };

/** Headers that a handler may set, where its contract declares them. */
export type ReplyHeader =
  "Accept-Ranges" | "Content-Disposition" | "Content-Range" | "Location" | "Preference-Applied" | "Vary";

/** The names in a path: `PathNames<"/api/items/:itemId">` is `"itemId"`. */
export type PathNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

/**
 * Who may call: a scope that the credential must carry, `"any"` for every valid credential, or null for everyone. There is
 * no default: a public route is public by decision.
 */
export type Access = Scope | "any" | null;

/** Which header carries the credential; without it either does. */
export type CredentialHeader = "x-api-key" | "authorization";

/** Everything that a contract says beside its method and path. */
export type Spec = {
  /** The operation's name in the OpenAPI document and in generated clients; unique. */
  operationId: string;
  scope: Access;
  credential?: CredentialHeader;
  /** A schema for each name in the path. */
  params?: Fields;
  query?: Fields;
  /** The JSON body. */
  body?: Schema;
  /**
   * The JSON body may be any value. It is checked, not validated, and stays text, there as `c.var.json`: a handler that only
   * passes it on need not pay for its value.
   */
  unparsed?: true;
  /** The body may be left out; it is `{}` then. */
  bodyOptional?: true;
  /** The fields of a form in the place of a JSON body: `multipart/form-data` or `application/x-www-form-urlencoded`. */
  form?: Fields;
  /** The body is a file of any type, as raw bytes or as the one file of a form. The handler reads it from `c.var.upload`. */
  upload?: true;
  /** The body is text that the handler reads as it came, there as `c.var.text`: strict UTF-8. */
  text?: true;
  /** The most bytes of the body. Default: 1 MiB. */
  bodyLimit?: number;
  /** A setting without which the route answers 503, before it looks at anything else of the request. */
  needs?: { setting: string; isSet: () => boolean };
  /** Anyone may call; a credential that is sent is checked all the same, and `c.var.caller` there then. */
  anonymous?: true;
  /** A key may do this to itself without the scope: the path's `:id` is its own. */
  onItself?: true;
  /** Rate limits do not apply. */
  unlimited?: true;
  /** Takes `Idempotency-Key`: the handler works through `c.var.once`. */
  idempotent?: true;
  /** What a 201 created has no address of its own, so that there is no `Location`. */
  unlisted?: true;
  /** Adds `limit` and `cursor` to the query, and a `Link` to the next page to the reply. */
  paged?: true;
  /** The resource has an `ETag`: 304 for `If-None-Match` on GET, 412 for `If-Match` on PATCH and DELETE. */
  conditional?: true;
  /** The reply shows a secret once: nobody may store it (`Cache-Control: no-store`). */
  secret?: true;
  /** The route is on its way out: its document and each of its replies say so. */
  deprecated?: Deprecated;
  /** For the compiler and the document. Wrapped in `documented`, because requests do not need it. */
  replies: () => Replies;
  /** Headers that a reply has beside those that follow from the contract. Wrapped in `documented` too. */
  headers?: () => { readonly [S in Status]?: readonly ReplyHeader[] };
  /** For the document. Wrapped in `documented` too. */
  docs: () => Docs;
};

/** How a route ends. Dates are UTC days, such as `2026-01-31`. */
export type Deprecated = {
  /** From then on nobody should begin to use it (RFC 9745); the day may be still to come. */
  since: string;
  /** From then on it may be gone (RFC 8594): never before `since`. */
  sunset?: string;
  /** The path that takes its place: `/api/v2/items/:itemId`, with no name that this route's path lacks. */
  successor?: `/${string}`;
  /** The address of a page that tells what to do. */
  guide?: string;
};

/** What a contract says to readers. */
export type Docs = {
  /** The group that the operation stands in; `openapi/tags.ts` describes it. */
  tag: string;
  summary: string;
  description: string;
  /**
   * The media type of a reply that the handler passes to `c.body` as text or as a stream. `application/octet-stream` stands for
   * bytes of any type.
   */
  media?: "application/json" | "text/html" | "application/octet-stream";
  /** The route also answers with a page (`text/html`), by `c.body`, if the client prefers one. */
  page?: true;
  /** What each path and query parameter and each field of the body means, by name. */
  fields?: Readonly<Record<string, string>>;
  /** Headers of the request that the handler itself reads, by name. */
  headers?: Record<string, { description: string; required?: boolean; example?: string }>;
  /** What the work itself may refuse with, beside what follows from the contract. */
  problems?: readonly FailureCode[];
  /** That they fit the schemas is tested. */
  examples?: {
    params?: Record<string, string>;
    query?: Record<string, string>;
    body?: unknown;
    replies?: { [S in Status]?: unknown };
  };
};

export type Contract<Path extends string, S extends Spec> = {
  method: Method;
  path: Path;
  spec: () => S;
};
export type AnyContract = Contract<string, Spec>;
/** What a contract says beside its method and path. */
export type SpecOf<C extends AnyContract> = ReturnType<C["spec"]>;

/** What the compiler holds a contract against: the names of its path, and no field that does not exist. */
type Checked<Path extends string, S extends Spec> = { [K in Exclude<keyof S, keyof Spec>]: never } & ([
  PathNames<Path>,
] extends [never]
  ? { params?: never }
  : {
      params: Record<PathNames<Path>, Schema> & { [K in Exclude<keyof S["params"], PathNames<Path>>]: never };
    });

/**
 * Declares a route. A `:name` in the path without a schema, a schema without a name, or a scope that does not exist does
 * not compile.
 */
export function contract<const Path extends `/${string}`, const S extends Spec>(
  method: Method,
  path: Path,
  spec: () => S & Checked<Path, S>,
): Contract<Path, S> {
  return { method, path, spec };
}

/** The value that a schema thunk describes on the way out: `Shape<typeof Item>`. */
export type Shape<Thunk extends () => Schema> = z.output<ReturnType<Thunk>>;
