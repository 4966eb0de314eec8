import { v, type Infer } from "convex/values";

/** The caller of a request: the result of a credential look-up. */
export const caller = v.object({
  userId: v.id("users"),
  scopes: v.array(v.string()),
  /** The credential's name, `key:ID` or `user:ID`. It identifies data that is stored for each credential. */
  credential: v.string(),
  /** The key, if the caller presented one. */
  key: v.optional(v.object({ id: v.id("apiKeys"), publicId: v.string() })),
});

export type Caller = Infer<typeof caller>;
