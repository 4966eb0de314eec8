/**
 * A contract is data: the input of a route, its replies and the scope it requires. The router, the validator and the OpenAPI
 * document read the same object, so they cannot disagree.
 *
 * Everything except method and path is wrapped in a function, because Convex evaluates a module anew for each request. A
 * request therefore builds only its own route. Schemas are functions of the field schemas for the same reason: a request that
 * validates nothing does not load zod.
 *
 * @example
 * export const createItem = contract("post", "/api/items", () => ({
 *   operationId: "createItem",
 *   scope: "items:write",
 *   idempotent: true,
 *   body: { type: "json", schema: ({ z, text }) => z.strictObject({ name: text(200) }) },
 *   docs: docsOnly(() => ({
 *     tag: "Items",
 *     summary: "Create an item",
 *     description: "The item belongs to the caller.",
 *     replies: { 201: Item() },
 *     examples: { body: { name: "bolt" }, replies: { 201: bolt() } },
 *   })),
 * }));
 */
import type * as z from "zod/mini";
import type { Body } from "./body.kit";
import type * as fields from "./fields.kit";
import type { FailureCode, Scope } from "./product.kit";
import type { Checked } from "./mistakes.kit";
import type { Replies, Status } from "./replies.kit";
import type { CachePolicy, RateLimit } from "./routeOptions.kit";
import type { Plain } from "./values.kit";

export type { Status } from "./replies.kit";

export type Method = "get" | "post" | "put" | "patch" | "delete";

export type Schema = z.ZodMiniType;
/** The field schemas, and the part of zod, that contracts get as an argument. */
export type FieldSchemas = typeof fields;
export type Fields = Readonly<Record<string, Schema>>;
/** A schema of the input, made when a request needs it. */
export type SchemaThunk = (fields: FieldSchemas) => Schema;
export type FieldsThunk = (fields: FieldSchemas) => Fields;

/** The names in a path: `PathNames<"/api/rooms/:roomId/files/*file">` is `"roomId" | "file"`. */
export type PathNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | PathNames<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : Path extends `${string}/*${infer Name}/${string}`
      ? Name
      : Path extends `${string}/*${infer Name}`
        ? Exclude<Name, "">
        : never;

/**
 * The access rule: a scope that the credential must carry, `"any"` for every valid credential, or null for a public route.
 * The field has no default, so a route is public only if its contract says so.
 */
export type Access = Scope | "any" | null;

/** The only header that may carry the credential. Default: either header. */
export type CredentialHeader = "x-api-key" | "authorization";

/**
 * The filters of a list. The handler passes `c.var.page.request` to its function, whose arguments are `pageArgs` and one optional
 * argument for each filter.
 *
 * @example
 * paged: { filters: ({ z }) => ({ status: z.enum(STATUSES), owner: z.string() }), together: [["status", "owner"]] },
 */
export type Paged = {
  /** The optional query parameters that select elements, by name. An index must serve each of them. */
  filters?: FieldsThunk;
  /** The combinations of two or more filters that an index serves. Other combinations are refused (400). */
  together?: readonly (readonly string[])[];
  /**
   * Adds `q`: the list then has the elements that match the text, by rank. Only `limit` and `cursor` combine with it. The handler
   * gets the search as `c.var.page.search`.
   */
  search?: true;
};

/** Every field of a contract except its method and path. */
export type Spec = {
  /** The operation's name in the OpenAPI document and in generated clients; unique. */
  operationId: string;
  scope: Access;
  credential?: CredentialHeader;
  /** Each name in the path: `id()` for a plain string, or a schema. */
  params?: Readonly<Record<string, Plain>> | FieldsThunk;
  query?: FieldsThunk;
  body?: Body;
  /** A required setting. Without it, the route answers 503 before it reads anything else from the request. */
  needs?: { setting: string; isSet: () => boolean };
  /** The credential is optional. If the request has one, it is checked and `c.var.caller` is set. */
  anonymous?: true;
  /** A key does not need the scope when the path's `:id` is its own id. */
  onItself?: true;
  /** Rate limits do not apply. */
  unlimited?: true;
  /** The handler reads the claims that `api.claims.ts` declares, from `c.var.caller.claims`. Keys have no claims. */
  claims?: true;
  /** The route's own rate limit: `{ bucket: "prices", perMinute: 30 }`, or what a request costs: `{ cost: 10 }`. */
  rateLimit?: RateLimit;
  /** Milliseconds after which a request to this route is answered with 503, instead of `REQUEST_TIMEOUT_MS`: `60_000`. */
  timeoutMs?: number;
  /** How long caches may reuse a success: `{ maxAge: 60 }`, in seconds. By default, a cache must always ask again. */
  cache?: CachePolicy;
  /**
   * Takes `Idempotency-Key`: the handler works through `c.var.once`. `true` is for work in one transaction (`once`).
   * `"external"` is for an action that calls another service (`onceExternal`): a retry gets 409 while the work runs, and
   * `outcome_unknown` if it is unknown whether the work took effect.
   */
  idempotent?: true | "external";
  /** The created resource has no URL of its own, so a 201 reply has no `Location`. */
  unlisted?: true;
  /**
   * The route returns a list in pages: adds `limit`, `cursor`, `order`, `createdAfter` and `createdBefore` to the query, and a `Link`
   * to the next page to the reply. An object declares filters too.
   */
  paged?: true | Paged;
  /** The resource has an `ETag`: 304 for `If-None-Match` on GET, 412 for `If-Match` on PATCH and DELETE. */
  conditional?: true;
  /** The reply shows a secret once, so caches must not store it (`Cache-Control: no-store`). */
  secret?: true;
  /** The route is deprecated: the OpenAPI document and each reply announce it. */
  deprecated?: Deprecated;
  /** The part for the compiler and the document. Wrapped in `docsOnly`, because requests do not need it. */
  docs: () => Docs;
};

/** When a deprecated route ends. Dates are UTC days, such as `2026-01-31`. */
export type Deprecated = {
  /** The day from which new clients should not use the route (RFC 9745). It may be in the future. */
  since: string;
  /** The day from which the route may be removed (RFC 8594). A test requires at least 180 days after `since`. */
  sunset?: string;
  /** The path of the replacement, such as `/api/v2/items/:itemId`. It may use only parameter names of this route's path. */
  successor?: `/${string}`;
  /** The URL of a page that explains the migration. */
  guide?: string;
};

/** The documentation of a contract, and the replies that its handler may send. */
export type Docs = {
  /**
   * By status: a schema for JSON, null for no body, or a reply that `reply` makes, such as `reply.text("text/csv")`. A list has the
   * alternatives of one status.
   */
  replies: Replies;
  /** The group of the operation, described in `openapi/tags.ts`. */
  tag: string;
  summary: string;
  description: string;
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
    /** A value for JSON, a text, a line of a stream, or the event of a stream (`{ event, id, data }`). */
    replies?: { [S in Status]?: unknown };
  };
};

export type Contract<M extends Method, Path extends string, S extends Spec> = {
  method: M;
  path: Path;
  spec: () => S;
};
export type AnyContract = Contract<Method, string, Spec>;
/** The spec of a contract: every field except its method and path. */
export type SpecOf<C extends AnyContract> = ReturnType<C["spec"]>;

/**
 * Declares a route. A path may have names for whole segments (`/api/keys/:id`), and a name for its rest, which may contain slashes
 * (`/api/rooms/:roomId/files/*file`). A name without an entry in `params`, an entry without a name, an option or a scope that does
 * not exist does not compile.
 */
export function contract<const M extends Method, const Path extends `/${string}`, const S extends Spec>(
  method: M,
  path: Path,
  spec: () => S & Checked<M, Path, S>,
): Contract<M, Path, S> {
  return { method, path, spec };
}

/** The output types of fields that a thunk makes: of `({ z }) => ({ name: z.string() })`, `{ name: string }`. */
export type Outputs<Thunk extends FieldsThunk> =
  ReturnType<Thunk> extends infer F extends Fields ? z.output<z.ZodMiniObject<F>> : never;

/** The output type of a schema thunk: `Shape<typeof Item>`. */
export type Shape<Thunk extends () => Schema> = z.output<ReturnType<Thunk>>;
