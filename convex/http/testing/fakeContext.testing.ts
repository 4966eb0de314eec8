import { getFunctionName, type FunctionReference } from "convex/server";
import { checked } from "../../../openapi/contract/check";
import type { Described } from "../../../openapi/contract/described";
import { api } from "../api.app";
import type { ActionCtx } from "../../_generated/server";
import { newApiKey } from "../../identity/apiKey.lib";

type Answer = (args: unknown) => unknown;

/**
 * What the functions answer, by name or all the same, and which were asked. A function without an answer is an error.
 *
 * @param described The document that the replies have to keep to; default the project's own.
 * @param more What file storage answers, and what the action's own `getUserIdentity()` answers or throws.
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
      : Promise.reject(new Error(`Nobody expected ${name}`));
  };
  const auth = { getUserIdentity: () => Promise.resolve(null).then(() => identity()) };
  // The app asks a context for nothing else.
  const ctx = { runQuery: call, runMutation: call, runAction: call, storage, auth } as unknown as ActionCtx;
  const send = checked(
    async (path, init) => api.app.fetch(new Request(`https://api.example.test${path}`, init), ctx),
    described && { described },
  );
  return { asked, send };
}

/** A key whose look-up finds a caller who may do everything, and the answers that say so. */
export async function goodKey() {
  const { key, publicId } = await newApiKey();
  const caller = { userId: "user1", scopes: ["*"], credential: "key:key1", key: { id: "key1", publicId } };
  const verdict = { caller, lastUsedAt: Date.now() };
  return { key, publicId, answers: { "auth:validateApiKey": () => verdict } };
}
