import { getFunctionName, type FunctionReference } from "convex/server";
import { checked } from "../../../openapi/contract/check";
import type { Described } from "../../../openapi/contract/described";
import { api } from "../api.app";
import type { ActionCtx } from "../../_generated/server";
import { newApiKey } from "../../identity/apiKey.lib";

type Answer = (args: unknown) => unknown;

/**
 * Returns a `send` that runs the API with fake functions, and the names of the functions that it called (`asked`). A call of a
 * function without an answer fails. `sendUnchecked` is for replies that the document does not describe.
 *
 * @param answers The result of each function by its name, or one result for all functions.
 * @param described The OpenAPI document that the replies must match; default: the project's own.
 * @param more Fake file storage (`storage`), and the result of the action's `getUserIdentity()` (`identity`), which may throw.
 */
export function fakeContext(
  answers: Record<string, Answer> | Answer = {},
  described?: Described,
  {
    storage = {},
    identity = () => null,
  }: { storage?: Partial<ActionCtx["storage"]>; identity?: () => unknown } = {},
) {
  const asked: string[] = [];
  const call = (reference: FunctionReference<"query" | "mutation" | "action", "internal">, args: unknown) => {
    const name = getFunctionName(reference);
    asked.push(name);
    const answer = typeof answers === "function" ? answers : answers[name];
    return answer
      ? Promise.resolve().then(() => answer(args))
      : Promise.reject(new Error(`The test has no answer for ${name}`));
  };
  const auth = { getUserIdentity: () => Promise.resolve(null).then(() => identity()) };
  // The app uses no other member of the context.
  const ctx = { runQuery: call, runMutation: call, runAction: call, storage, auth } as unknown as ActionCtx;
  const sendUnchecked = async (path: string, init?: RequestInit) =>
    api.fetch(new Request(`https://api.example.test${path}`, init), ctx);
  return { asked, send: checked(sendUnchecked, described && { described }), sendUnchecked };
}

/** Returns a valid key, and the fake functions that look it up as a caller with all scopes. */
export async function goodKey() {
  const { key, publicId } = await newApiKey();
  const caller = { userId: "user1", scopes: ["*"], credential: "key:key1", key: { id: "key1", publicId } };
  const found = { caller, lastUsedAt: Date.now() };
  return { key, publicId, answers: { "auth:validateApiKey": () => found } };
}
