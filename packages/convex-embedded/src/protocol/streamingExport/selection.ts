/** The components, tables and columns of a streaming export (`crates/common/src/types/streaming_export/selection.rs` of the backend). */
import { ApiError } from "../../http/api";

/** The choices of one level, by name. `_other` holds for names that are not listed. */
interface Choices<T> {
  readonly listed: ReadonlyMap<string, T>;
  readonly other: boolean;
}

/** `null` excludes the whole table. */
type Table = Choices<boolean> | null;
/** `null` excludes the whole component. */
type Component = Choices<Table> | null;

type Fields = Readonly<Record<string, unknown>>;

const INCLUDED = new Set<unknown>(["included", "incl"]);
const EXCLUDED = new Set<unknown>(["excluded", "excl"]);

export class Selection {
  private constructor(private readonly components: Choices<Component>) {}

  /**
   * Reads the selection of a request: `selection`, or `tableName` and `component`. By default everything is selected.
   *
   * @throws ApiError if it is invalid.
   */
  static of(fields: Fields): Selection {
    const { selection, component } = fields;
    if (selection !== undefined && selection !== null) return new Selection(componentsIn(selection));
    const tableName = fields["tableName"] ?? fields["table_name"];
    if (typeof tableName === "string") {
      const tables: Component = { listed: new Map([[tableName, ALL_COLUMNS]]), other: false };
      const path = typeof component === "string" ? component : "";
      return new Selection({ listed: new Map([[path, tables]]), other: false });
    }
    if (typeof component === "string") {
      return new Selection({ listed: new Map([[component, ALL_TABLES]]), other: false });
    }
    return new Selection({ listed: new Map(), other: true });
  }

  /**
   * Returns a test for the columns to export.
   *
   * @returns `null` if the table is excluded.
   */
  columnsOf(component: string, table: string): ((column: string) => boolean) | null {
    const tables = chosen(this.components, component, ALL_TABLES);
    const columns = tables && chosen(tables, table, ALL_COLUMNS);
    return columns && ((column) => columns.listed.get(column) ?? columns.other);
  }
}

const ALL_COLUMNS: Table = { listed: new Map(), other: true };
const ALL_TABLES: Component = { listed: new Map(), other: true };

function chosen<T>({ listed, other }: Choices<T>, name: string, everything: T): T | null {
  return listed.get(name) ?? (listed.has(name) || !other ? null : everything);
}

function componentsIn(given: unknown): Choices<Component> {
  return choicesIn(given, (component) => (EXCLUDED.has(component) ? null : choicesIn(component, tableIn)));
}

function tableIn(given: unknown): Table {
  if (EXCLUDED.has(given)) return null;
  const columns = choicesIn(given, (column) => INCLUDED.has(column) || (!EXCLUDED.has(column) && invalid()));
  if (columns.listed.get("_id") ?? columns.other) return columns;
  throw new ApiError(400, "InvalidSelection", "`_id` must be included in the column selection");
}

function choicesIn<T>(given: unknown, choice: (given: unknown) => T): Choices<T> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return invalid();
  const { _other: other, ...listed } = given as Fields;
  if (!INCLUDED.has(other) && !EXCLUDED.has(other)) return invalid();
  const entries = Object.entries(listed).map(([name, value]) => [name, choice(value)] as const);
  return { listed: new Map(entries), other: INCLUDED.has(other) };
}

function invalid(): never {
  throw new ApiError(
    400,
    "InvalidSelection",
    'The selection is invalid. Each level is an object with `_other`, and each choice is "included", "excluded" or an object.',
  );
}
