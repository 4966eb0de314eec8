/** The instance behind one `convexTest()`: an engine in memory. */
import { randomBytes } from "node:crypto";
import type { GenericSchema, SchemaDefinition } from "convex/server";
import { CreationTimes } from "../store/creationTimes";
import type { Engine } from "../exec/engine";
import type { TransactionLimits } from "../exec/limits";
import { CONVEX_LIMITS } from "../exec/limits";
import { createTokenSigner } from "../auth/tokenSigner";
import { VectorIndexes } from "../exec/vectorIndexes";
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

/** The arguments of `convexTest`, in either of its forms. */
export interface InstanceOptions {
  readonly schema: Schema | null;
  readonly modules: Glob;
  /** The limits of a transaction. `false` for none; metrics then refer to Convex's limits. */
  readonly transactionLimits: Partial<TransactionLimits> | boolean;
}

/** The origin of storage URLs. No server answers them. */
const ORIGIN = "https://some-deployment.convex.cloud";

export class Instance {
  readonly engine: Engine;
  readonly scheduled: ScheduledFunctions;
  readonly #components = new Map<string, Component & { readonly children: Map<string, string> }>();
  readonly #tokenSeed = randomBytes(32);
  #ready: Promise<void> = Promise.resolve();

  /** @throws Error for a schema that Convex refuses, and for modules without a root. */
  constructor({ schema, modules, transactionLimits }: InstanceOptions) {
    // Uses the test's `Date`, which may be faked.
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
      vectors: new VectorIndexes(store, []),
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
      tokens: createTokenSigner({
        seed: () => this.#tokenSeed,
        origin: () => process.env["CONVEX_CLOUD_URL"] ?? ORIGIN,
      }),
      scheduler: { wake: () => this.scheduled.wake() },
      limits: limitsOf(transactionLimits),
      trustProxy: 0,
      harness: true,
    };
    this.scheduled = new ScheduledFunctions(() => this.engine);
    isolateGlobals(this.engine);
    this.#apply("", schema);
  }

  /** Mounts a component at a path: `rateLimiter`, or the nested `rateLimiter/batchWorker`. */
  registerComponent(path: string, schema: Schema, modules: Glob): void {
    this.#add(path, modules);
    this.#apply(path, schema);
  }

  /** Resolves when the tables exist. Rejects with the error of an invalid schema. */
  ready(): Promise<void> {
    return this.#ready;
  }

  #add(path: string, glob: Glob): Modules {
    const modules = modulesOf(glob, path);
    const children = new Map<string, string>();
    this.#components.set(path, { path, modules, children });
    // Components may be registered in any order.
    for (const other of this.#components.values()) {
      if (other.path !== "" && parentOf(other.path) === path) children.set(nameOf(other.path), other.path);
    }
    if (path !== "") this.#components.get(parentOf(path))?.children.set(nameOf(path), path);
    return modules;
  }

  #apply(component: string, definition: Schema | null): void {
    const schema = withSystemTables(schemaOf(definition));
    this.engine.vectors.declare(component, schema);
    const applied = this.engine.store.applySchemas([{ component, schema }], () => undefined);
    this.#ready = Promise.all([this.#ready, applied]).then(() => undefined);
    // Every function call reports the error.
    this.#ready.catch(() => undefined);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Returns the limits, without time limits: a test may block a function for any time. */
function limitsOf(given: InstanceOptions["transactionLimits"]): Engine["limits"] {
  return {
    ...CONVEX_LIMITS,
    transaction: { ...CONVEX_LIMITS.transaction, ...(typeof given === "object" && given) },
    enforced: given !== false,
    userMs: Infinity,
    actionMs: Infinity,
    nodeActionMs: Infinity,
    actionCalls: Infinity,
  };
}
