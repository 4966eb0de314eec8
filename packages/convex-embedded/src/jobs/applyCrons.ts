/** Applies the cron jobs that `crons.ts` declares to the documents of cron jobs. */
import { jsonToConvex } from "convex/values";
import type { Engine } from "../exec/engine";
import type { Component } from "../exec/components";
import type { CronJobJson } from "../exec/cronJob";
import type { Modules } from "../exec/modules";
import type { CronSchedule } from "../exec/cronJob";
import { checkSchedule, firstRun } from "./cronSchedule";
import type { CronRow } from "./cronsTable";
import { cronRows, cronsTable } from "./cronsTable";
import { insertRow, removeRow, replaceRow } from "../store/system/systemRows";

/** The declared fields of a job's document. */
type Cron = Record<"function" | "args" | "schedule", string>;

/** The jobs that a component declares, by name. */
type Declared = ReadonlyMap<string, Cron>;

/**
 * Returns the cron jobs that the app and its components declare, by component path. It changes no documents.
 *
 * @throws Error that names the job if its schedule is invalid or its function cannot run as a cron job.
 */
export async function declaredCrons(components: Iterable<Component>): Promise<ReadonlyMap<string, Declared>> {
  const declared = new Map<string, Declared>();
  for (const { path, modules } of components) declared.set(path, await declaredBy(path, modules));
  return declared;
}

/**
 * Updates the tables to the declared jobs: adds new jobs and removes others. A job keeps its next run unless its schedule
 * changed.
 */
export async function applyCrons(engine: Engine, declared: ReadonlyMap<string, Declared>): Promise<void> {
  for (const [component, wanted] of declared) await applyCronsOf(engine, component, wanted);
}

async function applyCronsOf(
  { store, creationTimes, clock }: Engine,
  component: string,
  wanted: Declared,
): Promise<void> {
  const snapshot = store.snapshot();
  const stored = [...cronRows(snapshot, cronsTable(store, component))];
  snapshot.release();
  if (stored.length === wanted.size && stored.every((row) => isSame(row, wanted.get(row.name)))) return;

  await store.mutate((transaction) => {
    const table = cronsTable(store, component);
    const now = clock();
    const existing = new Map([...cronRows(transaction, table)].map((row) => [row.name, row]));
    for (const row of existing.values()) if (!wanted.has(row.name)) removeRow(transaction, table, row._id);
    for (const [name, cron] of wanted) {
      const row = existing.get(name);
      const schedule = JSON.parse(cron.schedule) as CronSchedule;
      if (row === undefined) {
        const first = firstRun(schedule, name, null, now);
        const fields = { name, ...cron, inProgress: false, previousTime: null, nextTime: first };
        insertRow(transaction, table, creationTimes.next(now), fields);
      } else if (!isSame(row, cron)) {
        const kept = row.schedule === cron.schedule;
        const nextTime = kept ? row.nextTime : firstRun(schedule, name, row.previousTime, now);
        replaceRow(transaction, table, { ...row, ...cron, nextTime });
      }
    }
    return Promise.resolve();
  });
}

async function declaredBy(component: string, modules: Modules): Promise<Declared> {
  const crons = new Map<string, Cron>();
  for (const [name, cron] of Object.entries(await modules.crons())) {
    try {
      checkSchedule(cron.schedule);
      await checkFunction(modules, cron);
      crons.set(name, fieldsOf(cron));
    } catch (error) {
      const file = component === "" ? "convex/crons.ts" : `crons.ts of the component ${component}`;
      throw new Error(`${file}: "${name}": ${(error as Error).message}`, { cause: error });
    }
  }
  return crons;
}

async function checkFunction(modules: Modules, { name }: CronJobJson): Promise<void> {
  const fn = await modules.find(name);
  if (fn === null) throw new Error(`function ${name} not found in the convex/ folder.`);
  if (fn.kind === "query") throw new Error(`${name} is a query. Cron jobs run mutations and actions.`);
}

function fieldsOf({ name, args, schedule }: CronJobJson): Cron {
  // Refuse invalid arguments here, not at the first run.
  jsonToConvex(args);
  return { function: name, args: JSON.stringify(args), schedule: JSON.stringify(schedule) };
}

function isSame(row: CronRow, cron: Cron | undefined): boolean {
  return cron !== undefined && Object.entries(cron).every(([field, value]) => row[field] === value);
}
