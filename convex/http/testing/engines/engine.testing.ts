import type { FunctionReference } from "convex/server";
import type { Claims } from "../issuers.testing";

export type Kind = "query" | "mutation" | "action";

/** What a suite needs of whatever runs the functions. */
export type Engine = {
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

/** Settings that the functions find in `process.env`. */
export type Settings = Readonly<Record<string, string>>;

/** A request with this token. */
export function withBearer(init: RequestInit = {}, token: string): RequestInit {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${token}`);
  return { ...init, headers };
}
