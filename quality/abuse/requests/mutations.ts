/** Hostile requests that are well-formed HTTP. The server must answer each, in order. */
import fc from "fast-check";
import { queryNames, type Operation } from "../../../openapi/contract/described";
import { bodiesOf } from "./bodies";
import type { Mutation } from "./draft";
import { framing } from "./framing";
import { header, headers } from "./headers";
import { paths, queriesOf } from "./targets";

const METHODS = [
  "TRACE",
  "QUERY",
  "PROPFIND",
  "PURGE",
  "LINK",
  "MKCOL",
  "M-SEARCH",
  "REPORT",
  "LOCK",
  "OPTIONS",
  "HEAD",
];
const methods = fc.constantFrom(...METHODS).map((method): Mutation => (draft) => ({ ...draft, method }));

/**
 * Sends a key in places where it does not belong, to find out whether the log reveals it. `X-Request-Id` is excluded, because
 * the API logs it on purpose.
 */
const leaks = (key: string) =>
  fc.constantFrom<Mutation>(
    (draft) => ({ ...draft, target: `${draft.target.split("?")[0] ?? ""}/${key}` }),
    (draft) => ({ ...draft, target: `${draft.target.split("?")[0] ?? ""}?key=${key}` }),
    ...["Cookie", "User-Agent", "Referer", "Idempotency-Key", "Origin"].map((name) => header(name, key)),
    (draft) => ({
      ...draft,
      headers: [...draft.headers, ["Content-Type", "application/json"]],
      body: Buffer.from(`{"name":"${key}"}`),
    }),
  );

/** Returns a generator of mutations for requests of an operation. @param key a valid key, for places where it does not belong. */
export const mutations = (key: string, operation: Operation): fc.Arbitrary<Mutation> =>
  fc.oneof(
    { weight: 2, arbitrary: methods },
    { weight: 5, arbitrary: paths },
    { weight: 2, arbitrary: queriesOf(queryNames(operation)) },
    { weight: 6, arbitrary: headers },
    { weight: 3, arbitrary: framing },
    { weight: 3, arbitrary: bodiesOf(operation) },
    { weight: 1, arbitrary: leaks(key) },
  );
