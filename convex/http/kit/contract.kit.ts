/**
 * A contract is data: the input of a route, its replies and the scope it requires. The router, the validator and the OpenAPI
 * document read the same object, so they cannot disagree.
 *
 * Everything except method and path is wrapped in a function, because Convex evaluates the module graph anew for each
 * request. A request therefore builds only the routing table and its own route.
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
 * The access rule: a scope that the credential must carry, `"any"` for every valid credential, or null for a public route.
 * The field has no default, so a route is public only if its contract says so.
 */
export type Access = Scope | "any" | null;

/** The only header that may carry the credential. Default: either header. */
export type CredentialHeader = "x-api-key" | "authorization";

/** Every field of a contract except its method and path. */
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
   * The JSON body may be any value. Its syntax is checked, but it is not validated and stays text in `c.var.json`, so a
   * handler that only passes the text on does not pay for parsing.
   */
  unparsed?: true;
  /** The body is optional and defaults to `{}`. */
  bodyOptional?: true;
  /** The fields of a form, instead of a JSON body: `multipart/form-data` or `application/x-www-form-urlencoded`. */
  form?: Fields;
  /** The body is a file of any type, as raw bytes or as the one file of a form. The handler reads it from `c.var.upload`. */
  upload?: true;
  /** The body is strict UTF-8 text. The handler reads it unchanged from `c.var.text`. */
  text?: true;
  /** The maximum size of the body, in bytes. Default: 1 MiB. */
  bodyLimit?: number;
  /** A required setting. Without it, the route answers 503 before it reads anything else from the request. */
  needs?: { setting: string; isSet: () => boolean };
  /** The credential is optional. If the request has one, it is checked and `c.var.caller` is set. */
  anonymous?: true;
  /** A key does not need the scope when the path's `:id` is its own id. */
  onItself?: true;
  /** Rate limits do not apply. */
  unlimited?: true;
  /** Takes `Idempotency-Key`: the handler works through `c.var.once`. */
  idempotent?: true;
  /** The created resource has no URL of its own, so a 201 reply has no `Location`. */
  unlisted?: true;
  /** Adds `limit` and `cursor` to the query, and a `Link` to the next page to the reply. */
  paged?: true;
  /** The resource has an `ETag`: 304 for `If-None-Match` on GET, 412 for `If-Match` on PATCH and DELETE. */
  conditional?: true;
  /** The reply shows a secret once, so caches must not store it (`Cache-Control: no-store`). */
  secret?: true;
  /** The route is deprecated: the OpenAPI document and each reply announce it. */
  deprecated?: Deprecated;
  /** For the compiler and the document. Wrapped in `documented`, because requests do not need it. */
  replies: () => Replies;
  /** Reply headers in addition to the headers that follow from the contract. Wrapped in `documented` too. */
  headers?: () => { readonly [S in Status]?: readonly ReplyHeader[] };
  /** For the document. Wrapped in `documented` too. */
  docs: () => Docs;
};

/** When a deprecated route ends. Dates are UTC days, such as `2026-01-31`. */
export type Deprecated = {
  /** The day from which new clients should not use the route (RFC 9745). It may be in the future. */
  since: string;
  /** The day from which the route may be removed (RFC 8594). It must not be before `since`. */
  sunset?: string;
  /** The path of the replacement, such as `/api/v2/items/:itemId`. It may use only parameter names of this route's path. */
  successor?: `/${string}`;
  /** The URL of a page that explains the migration. */
  guide?: string;
};

/** The documentation of a contract. */
export type Docs = {
  /** The group of the operation, described in `openapi/tags.ts`. */
  tag: string;
  summary: string;
  description: string;
  /**
   * The media type of a reply that the handler passes to `c.body` as text or as a stream. `application/octet-stream` means
   * bytes of any type.
   */
  media?: "application/json" | "text/html" | "application/octet-stream";
  /** The route also answers with a page (`text/html`), by `c.body`, if the client prefers one. */
  page?: true;
  /** Descriptions of the path and query parameters and of the body fields, by name. */
  fields?: Readonly<Record<string, string>>;
  /** Headers of the request that the handler itself reads, by name. */
  headers?: Record<string, { description: string; required?: boolean; example?: string }>;
  /** Failure codes of the operation itself, in addition to the codes that follow from the contract. */
  problems?: readonly FailureCode[];
  /** A test checks the examples against the schemas. */
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
/** The spec of a contract: every field except its method and path. */
export type SpecOf<C extends AnyContract> = ReturnType<C["spec"]>;

/** Makes the compiler check that `params` matches the names in the path and that every field exists in `Spec`. */
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

/** The output type of a schema thunk: `Shape<typeof Item>`. */
export type Shape<Thunk extends () => Schema> = z.output<ReturnType<Thunk>>;
