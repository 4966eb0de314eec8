/** Describes how pushed schemas change the database's tables and indexes. */
import type { Store } from "../../store/types";
import type {
  ComponentSchema,
  IndexInfo,
  SchemaIndexJSON,
  SearchIndexInfo,
  SearchIndexJSON,
} from "../../store/types";
import type { TablePlan } from "../../store/schemaPlan";
import { planSchema } from "../../store/schemaPlan";

type Index =
  | { readonly type: "database"; readonly name: string; readonly fields: readonly string[] }
  | {
      readonly type: "search";
      readonly name: string;
      readonly searchField: string;
      readonly filterFields: readonly string[];
      readonly staged?: true;
    };

/** The changed indexes of one component, as in `cli/lib/deployApi/finishPush.ts` of the `convex` package. */
export interface IndexDiff {
  readonly added_indexes: readonly Index[];
  readonly removed_indexes: readonly Index[];
  readonly enabled_indexes: readonly Index[];
  readonly disabled_indexes: readonly Index[];
}

/** Returns the changed indexes by component. Components without changes have empty lists. */
export function indexDiffs(store: Store, schemas: readonly ComponentSchema[]): Record<string, IndexDiff> {
  return Object.fromEntries(
    schemas.map((schema) => [schema.component, diffOf(planSchema(store.catalog, schema))] as const),
  );
}

function diffOf(plans: readonly TablePlan[]): IndexDiff {
  const own = plans.filter(({ name }) => !name.startsWith("_"));
  const switched = (enabled: boolean): Index[] =>
    own.flatMap(({ name, search }) =>
      search.keep
        .filter((kept) => kept.enabled === enabled && kept.index.enabled !== enabled)
        .map(({ index }) => existingSearch(name, index)),
    );
  return {
    added_indexes: own.flatMap(({ name, add, search }) => [
      ...add.map((index) => database(name, index)),
      ...search.add.map(({ wanted, enabled }) => addedSearch(name, wanted, enabled)),
    ]),
    removed_indexes: own.flatMap(({ name, drop, search }) => [
      ...drop.map((index) => dropped(name, index)),
      ...search.drop.map((index) => existingSearch(name, index)),
    ]),
    enabled_indexes: switched(true),
    disabled_indexes: switched(false),
  };
}

function database(table: string, { indexDescriptor, fields }: SchemaIndexJSON): Index {
  return { type: "database", name: `${table}.${indexDescriptor}`, fields };
}

function dropped(table: string, { name, fields }: IndexInfo): Index {
  return { type: "database", name: `${table}.${name}`, fields };
}

function addedSearch(
  table: string,
  { indexDescriptor, searchField, filterFields }: SearchIndexJSON,
  enabled: boolean,
): Index {
  const name = `${table}.${indexDescriptor}`;
  return { type: "search", name, searchField, filterFields, ...(!enabled && { staged: true }) };
}

function existingSearch(table: string, index: SearchIndexInfo): Index {
  const { name, searchField, filterFields } = index;
  return { type: "search", name: `${table}.${name}`, searchField, filterFields };
}
