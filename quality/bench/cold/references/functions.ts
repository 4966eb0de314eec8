/** The internal functions that both references call, typed as in `convex/_generated/`. */
import { anyApi, httpActionGeneric, type FunctionReference } from "convex/server";

export type Caller = { userId: string; scopes: string[] };
export type ItemInput = { name: string; description?: string };
export type StoredItem = ItemInput & { _id: string; _creationTime: number; updatedAt: number };

type Internal = {
  auth: { validateApiKey: FunctionReference<"query", "internal", { hash: string }, Caller | null> };
  items: {
    create: FunctionReference<"mutation", "internal", { ownerId: string } & ItemInput, StoredItem>;
    get: FunctionReference<"query", "internal", { ownerId: string; itemId: string }, StoredItem>;
  };
};

// As in `_generated/api.js`: one proxy that turns any path into a reference.
export const internal = anyApi as unknown as Internal;
export const httpAction = httpActionGeneric;
