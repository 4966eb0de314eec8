import { getFunctionName, type FunctionReference } from "convex/server";
import { api } from "../api.app";
import type { ActionCtx } from "../../_generated/server";
import { newApiKey } from "../../lib/apiKey.lib";

/** What the functions answer, by name, and which were asked. A function without an answer is an error. */
export function fakeContext(answers: Record<string, (args: unknown) => unknown> = {}) {
  const asked: string[] = [];
  const call = (reference: FunctionReference<"query" | "mutation" | "action", "internal">, args: unknown) => {
    const name = getFunctionName(reference);
    asked.push(name);
    const answer = answers[name];
    return answer
      ? Promise.resolve().then(() => answer(args))
      : Promise.reject(new Error(`Nobody expected ${name}`));
  };
  // The app asks a context for nothing else.
  const ctx = { runQuery: call, runMutation: call, runAction: call } as unknown as ActionCtx;
  const send = async (path: string, init?: RequestInit): Promise<Response> =>
    api.app.fetch(new Request(`https://api.example.test${path}`, init), ctx);
  return { asked, send };
}

/** A key whose look-up finds a caller who may do everything, and the answers that say so. */
export async function goodKey() {
  const { key, publicId } = await newApiKey();
  const caller = { userId: "user1", scopes: ["*"], credential: "key:key1", key: { id: "key1", publicId } };
  const verdict = { caller, lastUsedAt: Date.now() };
  return { key, publicId, answers: { "auth:validateApiKey": () => verdict } };
}
