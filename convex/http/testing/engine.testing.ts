import { afterAll, beforeAll, inject, test } from "vitest";
import { callerWith, type Caller } from "./caller.testing";
import { startEmbedded } from "./engines/embedded.testing";
import type { Engine, Settings } from "./engines/engine.testing";
import { startMock } from "./engines/mock.testing";
import type { Claims } from "./issuers.testing";
import { internal } from "../../_generated/api";
import type { Id } from "../../_generated/dataModel";
import type { Grant } from "../../identity/scopes.lib";

/**
 * The engine that runs the functions. `convex-test` is the official mock, or the harness that replaces it. `embedded` is the
 * embedded runtime behind a real socket.
 */
export type EngineName = "convex-test" | "embedded";

declare module "vitest" {
  interface ProvidedContext {
    engine: EngineName;
  }
}

/** A caller with its key and the id of its user. */
export type Call = Caller & { key: string; userId: Id<"users"> };

export const engineName = inject("engine");
let engine: Engine;

/**
 * Starts the engine before a suite and stops it afterwards. Call it once at the top of a test file, or once in each `describe`
 * block if the blocks need different settings.
 */
export function useEngine({ env = {} }: { env?: Settings } = {}): void {
  beforeAll(async () => {
    engine = engineName === "embedded" ? await startEmbedded(env) : startMock(env);
  });
  afterAll(() => engine.close());
}

/** Sends a request unchanged. */
export const send = (path: string, init?: RequestInit): Promise<Response> => engine.fetch(path, init);

/** Sends a request with a token that has these claims. */
export const sendWithToken = (claims: Claims, path: string, init?: RequestInit): Promise<Response> =>
  engine.fetchWithToken(claims, path, init);

/** Runs an internal function as an operator. */
export const run: Engine["run"] = (kind, reference, args) => engine.run(kind, reference, args);

/** Moves the clock of the functions forward, or back for a negative number of milliseconds. */
export const advanceClock = (ms: number): void => engine.advanceClock(ms);

/** The time that the functions read, in milliseconds. */
export const now = (): number => engine.now();

/** Waits until all scheduled functions that are due have run. */
export const settle = (): Promise<void> => engine.settle();

/** Discards all loaded modules, so that the next request evaluates them again. */
export const reloadModules = (): Promise<void> => engine.reloadModules();

/** Returns a caller with a new key of the user with this name. The first call creates the user. */
export async function as(name: string, scopes: readonly Grant[] = ["*"]): Promise<Call> {
  const { key, userId } = await run("action", internal.apiKeys.issue, {
    name,
    scopes: [...scopes],
    email: `${name}@example.com`,
  });
  return Object.assign(callerWith(send, key), { key, userId });
}

/**
 * Defines a test that only one engine can run. The reporter prints these tests with their reasons after the run.
 *
 * @param timeout In milliseconds, for a test that takes longer than others.
 */
export function onlyOn(
  name: EngineName,
  reason: string,
  title: string,
  body: () => Promise<void>,
  timeout?: number,
): void {
  if (engineName !== name) return;
  test(title, timeout === undefined ? {} : { timeout }, async ({ task }) => {
    task.meta.onlyOn = { engine: name, reason };
    await body();
  });
}

declare module "vitest" {
  interface TaskMeta {
    onlyOn?: { engine: EngineName; reason: string };
  }
}
