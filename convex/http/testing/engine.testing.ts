import { afterAll, beforeAll, inject, test } from "vitest";
import { callerWith, type Caller } from "./caller.testing";
import { startEmbedded } from "./engines/embedded.testing";
import type { Engine, Settings } from "./engines/engine.testing";
import { startMock } from "./engines/mock.testing";
import type { Claims } from "./issuers.testing";
import { internal } from "../../_generated/api";
import type { Id } from "../../_generated/dataModel";
import type { Grant } from "../../identity/scopes.lib";

/** What runs the functions: the official mock, or the harness in its place, or the embedded runtime behind a real socket. */
export type EngineName = "convex-test" | "embedded";

declare module "vitest" {
  interface ProvidedContext {
    engine: EngineName;
  }
}

/** A caller, with what it is known by. */
export type Call = Caller & { key: string; userId: Id<"users"> };

export const engineName = inject("engine");
let engine: Engine;

/**
 * Starts the engine for a suite and stops it after. Call it once, at the top of a test file, or once in each of its
 * `describe` blocks, where they need different settings.
 */
export function useEngine({ env = {} }: { env?: Settings } = {}): void {
  beforeAll(async () => {
    engine = engineName === "embedded" ? await startEmbedded(env) : startMock(env);
  });
  afterAll(() => engine.close());
}

/** Sends a request as it stands. */
export const send = (path: string, init?: RequestInit): Promise<Response> => engine.fetch(path, init);

/** Sends a request with a token of these claims. */
export const sendWithToken = (claims: Claims, path: string, init?: RequestInit): Promise<Response> =>
  engine.fetchWithToken(claims, path, init);

/** Runs an internal function as an operator. */
export const run: Engine["run"] = (kind, reference, args) => engine.run(kind, reference, args);

/** Moves the clock of the functions: whatever was going to expire by then has. */
export const later = (ms: number): void => engine.later(ms);

/** The time that the functions read, in milliseconds. */
export const now = (): number => engine.now();

/** Waits until nothing that was scheduled for now is left to run. */
export const settle = (): Promise<void> => engine.settle();

/** Forgets every module, so that the next request evaluates all of them again. */
export const evaluateAnew = (): Promise<void> => engine.evaluateAnew();

/** A caller of its own: a user named so, made when first asked for, and a fresh key. */
export async function as(name: string, scopes: readonly Grant[] = ["*"]): Promise<Call> {
  const { key, userId } = await run("action", internal.apiKeys.issue, {
    name,
    scopes: [...scopes],
    email: `${name}@example.com`,
  });
  return Object.assign(callerWith(send, key), { key, userId });
}

/**
 * A case that only one engine can run: it says why, and the run prints the list.
 *
 * @param timeout in milliseconds, for a case that takes longer than others.
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
