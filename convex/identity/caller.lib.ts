import { v, type Infer } from "convex/values";

/** Who is calling, as the look-up of its credential found. */
export const caller = v.object({
  userId: v.id("users"),
  scopes: v.array(v.string()),
  /** Names the credential where something is kept for each: `key:ID` or `user:ID`. */
  credential: v.string(),
  /** The key, of a caller that presented one. */
  key: v.optional(v.object({ id: v.id("apiKeys"), publicId: v.string() })),
});

export type Caller = Infer<typeof caller>;
