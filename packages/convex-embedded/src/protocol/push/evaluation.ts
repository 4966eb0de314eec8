/** Predicts the cost of a schema change, about which `npx convex deploy` asks (`cli/lib/deployApi/evaluateSchema.ts`). */
import { setImmediate as turn } from "node:timers/promises";
import type { LoadedProject } from "../../runtime/components";
import { creationIndex } from "../../store/catalog";
import type { Store } from "../../store/types";
import { encodeKey, prefixEnd } from "../../values/keys";
import type { IndexDiff } from "./schemaChanges";

/** The number of documents between turns of the event loop. */
const BATCH = 5_000;

/** Returns the response to `evaluate_schema`. Reads only the tables whose indexes change. */
export async function evaluationOf(
  store: Store,
  { mounts }: LoadedProject,
  diffs: Readonly<Record<string, IndexDiff>>,
): Promise<object> {
  const counts = new Map<string, Promise<number>>();
  const count = (component: string, table: string): Promise<number> => {
    const key = `${component}:${table}`;
    const counting = counts.get(key) ?? documentsIn(store, component, table);
    counts.set(key, counting);
    return counting;
  };
  const evaluations: Record<string, object> = {};
  for (const { path, definition } of mounts) {
    const indexes: object[] = [];
    for (const [list, change] of Object.entries(CHANGES)) {
      for (const index of diffs[path]?.[list as keyof IndexDiff] ?? []) {
        const numDocs = await count(path, index.name.split(".")[0] ?? "");
        indexes.push({ ...index, change, needsBackfill: change === "added" && numDocs > 0, numDocs });
      }
    }
    evaluations[path] = { definitionPath: definition, schemaValidation: true, tables: [], indexes };
  }
  return { componentSchemaEvaluations: evaluations, newComponentDefinitions: [] };
}

const CHANGES: Readonly<Record<keyof IndexDiff, string>> = {
  added_indexes: "added",
  removed_indexes: "dropped",
  enabled_indexes: "enabled",
  disabled_indexes: "disabled",
};

async function documentsIn(store: Store, component: string, name: string): Promise<number> {
  const table = store.catalog.table(component, name);
  if (table === null) return 0;
  const snapshot = store.snapshot();
  try {
    const start = encodeKey([]);
    const rows = snapshot.scan(creationIndex(table), { start, end: prefixEnd(start) }, "asc");
    let count = 0;
    for (; rows.next() !== null; count++) if (count % BATCH === BATCH - 1) await turn();
    return count;
  } finally {
    snapshot.release();
  }
}
