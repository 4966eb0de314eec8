import { paginationOptsValidator } from "convex/server";
import { ConvexError, v } from "convex/values";
import type { MutationCtx } from "./_generated/server";
import { mutation, query } from "./_generated/server";

const MAX_CHARACTERS = 500;
const MAX_FOUND = 20;

/** Returns a page of all messages, the newest first. */
export const list = query({
  args: { paginationOpts: paginationOptsValidator },
  handler: (ctx, { paginationOpts }) => ctx.db.query("messages").order("desc").paginate(paginationOpts),
});

/** Returns the messages that match the words best. The last word may be incomplete. */
export const search = query({
  args: { words: v.string() },
  handler: (ctx, { words }) =>
    ctx.db
      .query("messages")
      .withSearchIndex("by_body", (q) => q.search("body", words))
      .take(MAX_FOUND),
});

/** Adds a message of the caller. */
export const send = mutation({
  args: { body: v.string() },
  handler: async (ctx, { body }) => {
    const author = await guest(ctx);
    if (body.trim() === "") throw new ConvexError("A message needs a text.");
    if (body.length > MAX_CHARACTERS) {
      throw new ConvexError(`A message may have at most ${MAX_CHARACTERS} characters.`);
    }
    return ctx.db.insert("messages", { author, body });
  },
});

/** Deletes a message of the caller. */
export const remove = mutation({
  args: { id: v.id("messages") },
  handler: async (ctx, { id }) => {
    const message = await ctx.db.get("messages", id);
    if (message?.author !== (await guest(ctx))) throw new ConvexError("This is not your message.");
    await ctx.db.delete("messages", id);
  },
});

async function guest(ctx: MutationCtx): Promise<string> {
  const identity = await ctx.auth.getUserIdentity();
  if (identity === null) throw new ConvexError("Join the chat first.");
  return identity.subject;
}
