/** The official mock, or the harness that replaces it. */
import { convexTest } from "convex-test";
import { vi } from "vitest";
import { checked } from "../../../../openapi/contract/check";
import schema from "../../../schema";
import { withBearer, type Engine, type Kind, type Settings } from "./engine.testing";

const modules = import.meta.glob(["../../../**/*.ts", "../../../_generated/*.js", "!../../../**/*.test.ts"]);

const MOCK_CLERK = "https://clerk.example.test";

export function startMock(settings: Settings): Engine {
  vi.stubEnv("CLERK_JWT_ISSUER_DOMAIN", MOCK_CLERK);
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  // The scheduler of the mock uses timers. They follow the real time until a suite advances them.
  vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"], shouldAdvanceTime: true });
  const t = convexTest(schema, modules);
  // The mock's methods need the type of a specific function reference. Here only its kind is known.
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
    advanceClock: (ms) => {
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
    reloadModules: async () => {
      vi.resetModules();
      return Promise.resolve();
    },
    close: async () => {
      // Running functions must not continue into the next suite.
      await t.finishInProgressScheduledFunctions();
      vi.useRealTimers();
      vi.unstubAllEnvs();
    },
  };
}

/** Adds the Content-Length that a client on a socket sends for a complete body. */
function declaringLength(init: RequestInit = {}): RequestInit {
  const { body } = init;
  if (typeof body !== "string" && !(body instanceof Uint8Array)) return init;
  const headers = new Headers(init.headers);
  headers.set("Content-Length", String(Buffer.byteLength(body)));
  return { ...init, headers };
}
