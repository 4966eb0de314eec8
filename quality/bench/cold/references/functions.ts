/** The internal functions that both references call, as `convex/_generated/` would give them. */
import { anyApi, httpActionGeneric, type FunctionReference } from "convex/server";

export type Caller = { userId: string; scopes: string[] };
export type ItemInput = { name: string; description?: string };
export type StoredItem = ItemInput & { _id: string; _creationTime: number; updatedAt: number };

type Internal = {
  auth: { validateApiKey: FunctionReference<"query", "internal", { hash: string }, Caller | null> };
  items: { create: FunctionReference<"mutation", "internal", { ownerId: string } & ItemInput, StoredItem> };
};

// `_generated/api.js` does the same: one proxy that makes a reference of any path.
export const internal = anyApi as unknown as Internal;
export const httpAction = httpActionGeneric;
