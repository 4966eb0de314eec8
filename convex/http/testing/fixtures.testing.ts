/**
 * The facts about a resource that the suites cannot read from its contracts. A resource declares them in its own folder, in a file
 * `NAME.fixtures.testing.ts` that exports `fixtures`. This file collects them.
 *
 * @example
 * export const fixtures: Fixtures = {
 *   resources: {
 *     "/api/notes/:id": {
 *       belongsTo: "its owner",
 *       of: (owner) => idOf(owner("POST", "/api/notes", { text: "Order bolts" }), 201),
 *     },
 *   },
 * };
 */
import type { Id, TableNames } from "../../_generated/dataModel";
import type { MutationCtx } from "../../_generated/server";
import type { EventType } from "../../outgoing/eventTypes.lib";
import type { Access } from "../kit/contract.kit";
import type { Call } from "./engine.testing";

/** The value of the only name in a path, or the values of all names: `{ roomId, stayId }`. */
export type PathValues = string | Readonly<Record<string, string>>;

/**
 * The resource that a path with names identifies. Functions create it, and return the values of the names.
 *
 * - `its owner`: only its owner may use it, and it is an unknown id to everyone else.
 * - `the deployment`: every caller with the scope may use it.
 * - `everyone`: it needs no check of unknown ids or of ownership.
 */
export type Resource =
  | { belongsTo: "its owner"; of: (owner: Call) => Promise<PathValues> }
  | { belongsTo: "the deployment" | "everyone"; some: () => Promise<PathValues> };

/** The values of the filters that an element of a list has. */
export type Values = Readonly<Record<string, string>>;

/** How the suite of the lists fills a list. */
export type List = {
  /** The field that identifies an element of the list. Default: `id`. */
  id?: string;
  /** The values of each filter that `make` can create, in an order in which they can be created. */
  filters?: Readonly<Record<string, readonly string[]>>;
  /** Creates what filters name, and returns the values that stand for a placeholder in `filters`, such as ids. */
  bind?: (owner: Call) => Promise<Values>;
  /** Only one element has the values of a filter. `make` then also creates elements without given values. */
  unique?: true;
  /** Returns the path of the list. Default: the path of the contract. */
  path?: (owner: Call) => Promise<string>;
  /** Creates an element with these values, and returns what identifies it. `n` is unique. */
  make: (owner: Call, values: Values, n: number, path: string) => Promise<string>;
};

/** Inserts a document that belongs to a user. `store` returns the id of stored bytes for it. */
export type Insert = (
  ctx: MutationCtx,
  owner: Id<"users">,
  store: () => Promise<Id<"_storage">>,
) => Promise<unknown>;

/** Titles of routes are their methods and paths, as in the table of routes: `GET /api/keys/:id`. */
export type Fixtures = {
  /**
   * By path. A resource is also used for the longer paths with the same names, such as `/api/keys/:id/rotate`. A public path without
   * an entry uses the examples of its contract.
   */
  resources?: Readonly<Record<string, Resource>>;
  /** By path: the elements of lists that no path identifies. `some` or `of` returns the id of an element. */
  onlyListed?: Readonly<Record<string, Resource>>;
  /** By title: every list needs an entry. */
  lists?: Readonly<Record<string, List>>;
  /** By title: functions that return a new body, for routes whose example can be used only once. */
  bodies?: Readonly<Record<string, (example: unknown) => unknown>>;
  /**
   * By title: the access of routes that do not follow the rule. The rule is that `GET /api/NAME…` needs the scope `NAME:read`, that
   * other methods need `NAME:write`, and that paths outside `/api` are public. The second declaration protects a route from a scope
   * that was copied or forgotten.
   */
  access?: Readonly<Record<string, Access>>;
  /** By the name in the path: the name in the scope, if it differs: `{ "webhook-endpoints": "endpoints" }`. */
  scopeNames?: Readonly<Record<string, string>>;
  /** By setting: the value for the suites of a setting that routes need. Default: a secret in the form of a webhook's. */
  settings?: Readonly<Record<string, string>>;
  /** By title: the detail of the 403 to a caller that has only the route's scope, for routes that need more than their scope. */
  needMoreThanScope?: Readonly<Record<string, RegExp>>;
  /** Titles of routes that can answer with a redirect. Each needs a test of its target. */
  redirects?: readonly string[];
  /** Titles of routes that accept no generated request, because they need earlier data. */
  neverAccepted?: readonly string[];
  /** Titles of plain routes, which have no contract. */
  withoutContract?: readonly string[];
  /** By event: makes the change. Returns what GET shows afterwards, or the id of what was deleted. */
  changes?: { readonly [Type in EventType]?: (call: Call) => Promise<unknown> };
  /** By table: inserts a document of a user. Every table with a user's id needs an entry. */
  owned?: { readonly [Table in TableNames]?: Insert };
};

const declared = Object.values(
  import.meta.glob<Fixtures>("../*/*.fixtures.testing.ts", { eager: true, import: "fixtures" }),
);

/** Merges the records of all resources. Two resources must not declare the same key. */
function merged<T>(part: (fixtures: Fixtures) => Readonly<Record<string, T>> | undefined) {
  const all: Record<string, T> = {};
  for (const [key, value] of declared.flatMap((fixtures) => Object.entries(part(fixtures) ?? {}))) {
    if (Object.hasOwn(all, key)) throw new Error(`Two resources declare fixtures for ${key}`);
    all[key] = value;
  }
  return all;
}

/** The fixtures of all resources. */
export const FIXTURES = {
  resources: merged(({ resources }) => resources),
  onlyListed: merged(({ onlyListed }) => onlyListed),
  lists: merged(({ lists }) => lists),
  bodies: merged(({ bodies }) => bodies),
  access: merged(({ access }) => access),
  scopeNames: merged(({ scopeNames }) => scopeNames),
  settings: merged(({ settings }) => settings),
  needMoreThanScope: merged(({ needMoreThanScope }) => needMoreThanScope),
  redirects: declared.flatMap(({ redirects = [] }) => redirects),
  neverAccepted: declared.flatMap(({ neverAccepted = [] }) => neverAccepted),
  withoutContract: declared.flatMap(({ withoutContract = [] }) => withoutContract),
  changes: merged<(call: Call) => Promise<unknown>>(({ changes }) => changes),
  owned: merged<Insert>(({ owned }) => owned),
};
