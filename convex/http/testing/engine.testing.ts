import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import rateLimiter from "@convex-dev/rate-limiter/test";
import { convexTest } from "convex-test";
import type { FunctionReference } from "convex/server";
import { getFunctionName } from "convex/server";
import { afterAll, beforeAll, inject, test, vi } from "vitest";
import { callerWith, type Caller } from "./caller.testing";
import { openIssuers } from "./issuers.testing";
import { startServer, type EmbeddedServer } from "../../../embedded/server";
import { checked } from "../../../openapi/contract/check";
import { internal } from "../../_generated/api";
import type { Id } from "../../_generated/dataModel";
import type { Grant } from "../../lib/scopes.lib";
import schema from "../../schema";

/** What runs the functions: the official mock, or the harness in its place, or the embedded runtime behind a real socket. */
export type EngineName = "convex-test" | "embedded";

declare module "vitest" {
  interface ProvidedContext {
    engine: EngineName;
  }
}

type Kind = "query" | "mutation" | "action";

type Engine = {
  fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** Runs an internal function as an operator would with `npx convex run`. */
  run: <K extends Kind, F extends FunctionReference<K, "internal">>(
    kind: K,
    reference: F,
    args: F["_args"],
  ) => Promise<F["_returnType"]>;
  /** Sends a request with a token of these claims, from one of the two issuers that the settings name. */
  fetchWithToken: (claims: Claims, path: string, init?: RequestInit) => Promise<Response>;
  /** Moves the clock that the functions read. */
  later: (ms: number) => void;
  /** The time that the functions read, in milliseconds. */
  now: () => number;
  /** Waits until nothing that was scheduled for now is left to run. */
  settle: () => Promise<void>;
  /** Evaluates every module anew, as Convex does for each request. */
  evaluateAnew: () => Promise<void>;
  close: () => Promise<void>;
};

/** What a token says, by the names of OpenID Connect. */
export type Claims = {
  sub: string;
  issuer?: "clerk";
  email?: string;
  email_verified?: boolean;
  name?: string;
};

/** Settings that the functions find in `process.env`. */
type Settings = Readonly<Record<string, string>>;

const modules = import.meta.glob(["../../**/*.ts", "../../_generated/*.js", "!../../**/*.test.ts"]);

const MOCK_CLERK = "https://clerk.example.test";

function startMock(settings: Settings): Engine {
  vi.stubEnv("CLERK_JWT_ISSUER_DOMAIN", MOCK_CLERK);
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  // Its scheduler waits by timers, which run with the real time until a suite moves them on.
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], shouldAdvanceTime: true });
  const t = convexTest(schema, modules);
  rateLimiter.register(t);
  // Its methods are typed for a reference that is known; here the kind stands for it.
  const runners = t as unknown as Record<Kind, (reference: unknown, args: unknown) => Promise<unknown>>;
  return {
    fetch: checked((path, init) => t.fetch(path, declaringLength(init))),
    run: async (kind, reference, args) => runners[kind](reference, args),
    fetchWithToken: ({ sub, issuer, email, email_verified, name }, path, init) => {
      const from = issuer === "clerk" ? MOCK_CLERK : "https://issuer.example.test";
      const identity = {
        ...{ subject: sub, issuer: from, tokenIdentifier: `${from}|${sub}` },
        ...(email !== undefined && { email }),
        ...(email_verified !== undefined && { emailVerified: email_verified }),
        ...(name !== undefined && { name }),
      };
      const send = checked((url, sent) => t.withIdentity(identity).fetch(url, declaringLength(sent)));
      return send(path, withBearer(init, "a.b.c"));
    },
    later: (ms) => {
      if (ms >= 0) vi.advanceTimersByTime(ms);
      else vi.setSystemTime(Date.now() + ms);
    },
    now: () => Date.now(),
    settle: async () => {
      for (let due = true; due;) {
        await vi.advanceTimersByTimeAsync(0);
        await t.finishInProgressScheduledFunctions();
        due = await t.run(async (ctx) => {
          const jobs = await ctx.db.system.query("_scheduled_functions").collect();
          return jobs.some(
            ({ state, scheduledTime }) => state.kind === "pending" && scheduledTime <= Date.now(),
          );
        });
      }
    },
    evaluateAnew: async () => {
      vi.resetModules();
      return Promise.resolve();
    },
    close: async () => {
      // What is under way must not run into the next suite.
      await t.finishInProgressScheduledFunctions();
      vi.useRealTimers();
      vi.unstubAllEnvs();
    },
  };
}

function withBearer(init: RequestInit = {}, token: string): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${token}`);
  return { ...init, headers };
}

/** A client on a socket declares the length of a body that it has whole. */
function declaringLength(init: RequestInit = {}): RequestInit {
  const { body } = init;
  if (typeof body !== "string" && !(body instanceof Uint8Array)) return init;
  const headers = new Headers(init.headers);
  headers.set("Content-Length", String(Buffer.byteLength(body)));
  return { ...init, headers };
}

async function startEmbedded(settings: Settings): Promise<Engine> {
  const data = await mkdtemp(join(tmpdir(), "api-suite-"));
  let ahead = 0;
  const issuers = await openIssuers();
  const server: EmbeddedServer = await startServer({
    project: process.cwd(),
    data,
    port: 0,
    // eslint-disable-next-line @convex-dev/no-process-env -- a test is no Convex function
    env: { ...process.env, ...issuers.settings, ...settings },
    clock: () => Date.now() + ahead,
    log: () => undefined,
  });
  const send = checked((path, init) => fetch(server.url + path, { redirect: "manual", ...init }));
  return {
    fetch: send,
    run: async (_kind, reference, args) => server.run(getFunctionName(reference), args),
    fetchWithToken: async (claims, path, init) => send(path, withBearer(init, await issuers.token(claims))),
    later: (ms) => void (ahead += ms),
    now: () => Date.now() + ahead,
    settle: () => server.idle(),
    evaluateAnew: () => server.reload(),
    close: async () => {
      await server.close();
      issuers.close();
      await rm(data, { recursive: true });
    },
  };
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

/** A case that only one engine can run: it says why, and the run prints the list. */
export function onlyOn(name: EngineName, reason: string, title: string, body: () => Promise<void>): void {
  if (engineName !== name) return;
  test(title, async ({ task }) => {
    task.meta.onlyOn = { engine: name, reason };
    await body();
  });
}

declare module "vitest" {
  interface TaskMeta {
    onlyOn?: { engine: EngineName; reason: string };
  }
}
