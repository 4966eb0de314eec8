/** What `crons.ts` declares becomes the documents that cron jobs run by. */
import type { JSONValue, Value } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { Engine } from "../exec/engine";
import type { Component } from "../runtime/components";
import type { CronJobJson, Modules } from "../runtime/modules";
import type { CronSchedule } from "./cronSchedule";
import { checkSchedule, firstRun } from "./cronSchedule";
import type { CronRow } from "./cronsTable";
import { cronRows, cronsTable } from "./cronsTable";
import { insertRow, removeRow, replaceRow } from "./systemRows";

interface Cron {
  readonly function: string;
  readonly args: JSONValue;
  readonly schedule: CronSchedule;
}

/**
 * Brings the tables to what the `crons.ts` of the app and of its components say: new jobs are added, others dropped. A
 * job keeps its next run unless its schedule changed.
 *
 * @throws Error that names the job, if its schedule cannot be read or its function cannot run as a cron job.
 */
export async function applyCrons(engine: Engine): Promise<void> {
  for (const component of engine.components.values()) await applyCronsOf(engine, component);
}

async function applyCronsOf(
  { store, creationTimes, clock }: Engine,
  { path, modules }: Component,
): Promise<void> {
  const wanted = await declaredCrons(path, modules);
  const snapshot = store.snapshot();
  const stored = [...cronRows(snapshot, cronsTable(store, path))];
  snapshot.release();
  if (stored.length === wanted.size && stored.every((row) => isSame(row, wanted.get(row.name)))) return;

  await store.mutate((transaction) => {
    const table = cronsTable(store, path);
    const now = clock();
    const existing = new Map([...cronRows(transaction, table)].map((row) => [row.name, row]));
    for (const row of existing.values()) if (!wanted.has(row.name)) removeRow(transaction, table, row._id);
    for (const [name, cron] of wanted) {
      const row = existing.get(name);
      if (row === undefined) {
        const first = firstRun(cron.schedule, name, null, now);
        const fields = { name, ...fieldsOf(cron), inProgress: false, previousTime: null, nextTime: first };
        insertRow(transaction, table, creationTimes.next(now), fields);
      } else if (!isSame(row, cron)) {
        const kept = row.schedule === JSON.stringify(cron.schedule);
        const nextTime = kept ? row.nextTime : firstRun(cron.schedule, name, row.previousTime, now);
        replaceRow(transaction, table, { ...row, ...fieldsOf(cron), nextTime });
      }
    }
    return Promise.resolve();
  });
}

async function declaredCrons(component: string, modules: Modules): Promise<Map<string, Cron>> {
  const crons = new Map<string, Cron>();
  for (const [name, cron] of Object.entries(await modules.crons())) {
    try {
      checkSchedule(cron.schedule);
      await checkFunction(modules, cron);
    } catch (error) {
      const file = component === "" ? "convex/crons.ts" : `crons.ts of the component ${component}`;
      throw new Error(`${file}: "${name}": ${(error as Error).message}`, { cause: error });
    }
    crons.set(name, { function: cron.name, args: cron.args, schedule: cron.schedule });
  }
  return crons;
}

async function checkFunction(modules: Modules, { name }: CronJobJson): Promise<void> {
  const fn = await modules.find(name);
  if (fn === null) throw new Error(`there is no function ${name} in the convex/ folder.`);
  if (fn.kind === "query") throw new Error(`${name} is a query. Cron jobs run mutations and actions.`);
}

function fieldsOf({
  function: called,
  args,
  schedule,
}: Cron): Record<"function" | "args" | "schedule", Value> {
  // Arguments that no function could take are refused here, not at the first run.
  jsonToConvex(args);
  return { function: called, args: JSON.stringify(args), schedule: JSON.stringify(schedule) };
}

function isSame(row: CronRow, cron: Cron | undefined): boolean {
  if (cron === undefined) return false;
  return Object.entries(fieldsOf(cron)).every(([field, value]) => row[field] === value);
}
