/** One `convexTest()`: an engine of its own, in memory. */
import { randomBytes } from "node:crypto";
import type { GenericSchema, SchemaDefinition } from "convex/server";
import { CreationTimes } from "../store/creationTimes";
import type { Engine } from "../exec/engine";
import type { TransactionLimits } from "../exec/limits";
import { CONVEX_LIMITS } from "../exec/limits";
import type { Component } from "../exec/components";
import type { Modules } from "../exec/modules";
import { FileStorage } from "../files/fileStorage";
import { FileMemory } from "../files/filesMemory";
import { withSystemTables } from "../store/system/systemTables";
import { openMemoryStore } from "../store/memory";
import { isolateGlobals, outsideFunctions } from "./globals";
import type { Glob } from "./modules";
import { modulesOf } from "./modules";
import { schemaOf } from "./schema";
import { ScheduledFunctions } from "./scheduled";

export type Schema = SchemaDefinition<GenericSchema, boolean>;

/** What `convexTest` takes, in either of its forms. */
export interface InstanceOptions {
  readonly schema: Schema | null;
  readonly modules: Glob;
  /** What a transaction may do. `false`: anything, and it is measured against Convex's limits. */
  readonly transactionLimits: Partial<TransactionLimits> | boolean;
}

/** Where storage URLs lead, which nobody serves. */
const ORIGIN = "https://some-deployment.convex.cloud";

export class Instance {
  readonly engine: Engine;
  readonly scheduled: ScheduledFunctions;
  readonly #components = new Map<string, Component & { readonly children: Map<string, string> }>();
  #ready: Promise<void> = Promise.resolve();

  /** @throws Error for a schema that Convex refuses, and modules that have no root. */
  constructor({ schema, modules, transactionLimits }: InstanceOptions) {
    // The time is the test's to set.
    const clock = (): number => outsideFunctions(() => Date.now());
    const store = openMemoryStore(clock);
    const creationTimes = new CreationTimes(0);
    const log = (): void => undefined;
    const app = this.#add("", modules);
    this.engine = {
      store,
      creationTimes,
      clock,
      log,
      components: this.#components,
      modules: app,
      files: new FileStorage({
        store,
        creationTimes,
        clock,
        warn: log,
        bytes: new FileMemory(),
        origin: ORIGIN,
        key: randomBytes(32),
      }),
      auth: { identify: ({ identity }) => Promise.resolve(identity ?? "null"), prepare: () => null },
      scheduler: { wake: () => this.scheduled.wake() },
      limits: limitsOf(transactionLimits),
      trustProxy: 0,
      harness: true,
    };
    this.scheduled = new ScheduledFunctions(() => this.engine);
    isolateGlobals(this.engine);
    this.#apply("", schema);
  }

  /** Mounts a component: `rateLimiter`, or `rateLimiter/batchWorker` in another one. */
  registerComponent(path: string, schema: Schema, modules: Glob): void {
    this.#add(path, modules);
    this.#apply(path, schema);
  }

  /** Resolves when the tables are there. Rejects with what is wrong with a schema. */
  ready(): Promise<void> {
    return this.#ready;
  }

  #add(path: string, glob: Glob): Modules {
    const modules = modulesOf(glob, path);
    const children = new Map<string, string>();
    this.#components.set(path, { path, modules, children });
    // In whichever order they are registered.
    for (const other of this.#components.values()) {
      if (other.path !== "" && parentOf(other.path) === path) children.set(nameOf(other.path), other.path);
    }
    if (path !== "") this.#components.get(parentOf(path))?.children.set(nameOf(path), path);
    return modules;
  }

  #apply(component: string, definition: Schema | null): void {
    const schema = withSystemTables(schemaOf(definition));
    const applied = this.engine.store.applySchemas([{ component, schema }], () => undefined);
    this.#ready = Promise.all([this.#ready, applied]).then(() => undefined);
    // Whoever calls a function is told.
    this.#ready.catch(() => undefined);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Time is not limited: a test may hold a function up as long as it likes. */
function limitsOf(given: InstanceOptions["transactionLimits"]): Engine["limits"] {
  return {
    ...CONVEX_LIMITS,
    transaction: { ...CONVEX_LIMITS.transaction, ...(typeof given === "object" && given) },
    enforced: given !== false,
    userMs: Infinity,
    actionMs: Infinity,
    actionCalls: Infinity,
  };
}
