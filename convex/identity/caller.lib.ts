import { v, type Infer } from "convex/values";

/** The caller of a request: the result of a credential look-up. */
export const caller = v.object({
  userId: v.id("users"),
  scopes: v.array(v.string()),
  /** The credential's name, `key:ID` or `user:ID`. Data that is stored for each credential refers to it by this name. */
  credential: v.string(),
  /** The API key, if the caller authenticated with one. */
  key: v.optional(v.object({ id: v.id("apiKeys"), publicId: v.string() })),
  /** The id of the request, for the audit log. Absent until the request is admitted. */
  requestId: v.optional(v.string()),
});

export type Caller = Infer<typeof caller>;
