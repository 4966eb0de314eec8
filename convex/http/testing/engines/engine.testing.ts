import type { FunctionReference } from "convex/server";
import type { Claims } from "../issuers.testing";

export type Kind = "query" | "mutation" | "action";

/** The interface of an engine, which runs the functions for a suite. */
export type Engine = {
  fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** Runs an internal function as an operator would with `npx convex run`. */
  run: <K extends Kind, F extends FunctionReference<K, "internal">>(
    kind: K,
    reference: F,
    args: F["_args"],
  ) => Promise<F["_returnType"]>;
  /** Sends a request with a token that has these claims, from one of the two issuers in the settings. */
  fetchWithToken: (claims: Claims, path: string, init?: RequestInit) => Promise<Response>;
  /** Moves the clock that the functions read by a number of milliseconds. */
  advanceClock: (ms: number) => void;
  /** The time that the functions read, in milliseconds. */
  now: () => number;
  /** Waits until all scheduled functions that are due have run. */
  settle: () => Promise<void>;
  /** Evaluates every module again, as Convex does for each request. */
  reloadModules: () => Promise<void>;
  close: () => Promise<void>;
};

/** Settings that the functions read from `process.env`. */
export type Settings = Readonly<Record<string, string>>;

/** Returns the request with this token. */
export function withBearer(init: RequestInit = {}, token: string): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${token}`);
  return { ...init, headers };
}
