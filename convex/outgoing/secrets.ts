/** Replaces the key that encrypts the signing secrets. */
import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import { internalAction, internalMutation, internalQuery } from "../_generated/server";
import { isCurrent, seal, unseal } from "./seal.lib";

/** Endpoints that one query reads. */
const PAGE = 200;

/**
 * Encrypts every signing secret with the first key of `SECRETS_KEY`, for an operator who has replaced the key:
 * `npx convex run outgoing/secrets:reseal`. The old key can be deleted afterwards. Returns how many endpoints it changed.
 */
export const reseal = internalAction({
  args: {},
  returns: v.number(),
  handler: async (ctx): Promise<number> => {
    let changed = 0;
    for (let cursor: string | null = null; ;) {
      const page: SealedPage = await ctx.runQuery(internal.outgoing.secrets.sealed, { cursor });
      for (const { id, secrets } of page.endpoints) {
        const stale = await Promise.all(secrets.map(async (sealed) => !(await isCurrent(sealed))));
        if (!stale.includes(true)) continue;
        const resealed = await Promise.all(
          secrets.map(async (before) => ({ before, after: await seal(await unseal(before)) })),
        );
        await ctx.runMutation(internal.outgoing.secrets.replace, { id, resealed });
        changed += 1;
      }
      if (page.next === null) return changed;
      cursor = page.next;
    }
  },
});

type SealedPage = { endpoints: { id: Id<"webhookEndpoints">; secrets: string[] }[]; next: string | null };

/** Returns a page of the stored secrets. `next` is null after the last page. */
export const sealed = internalQuery({
  args: { cursor: v.union(v.string(), v.null()) },
  returns: v.object({
    endpoints: v.array(v.object({ id: v.id("webhookEndpoints"), secrets: v.array(v.string()) })),
    next: v.union(v.null(), v.string()),
  }),
  handler: async (ctx, { cursor }) => {
    const { page, isDone, continueCursor } = await ctx.db
      .query("webhookEndpoints")
      .paginate({ cursor, numItems: PAGE });
    return {
      endpoints: page.map(({ _id: id, secrets }) => ({ id, secrets: secrets.map(({ sealed }) => sealed) })),
      next: isDone ? null : continueCursor,
    };
  },
});

/** Stores secrets that were sealed again. A secret that has been rotated since stays as it is. */
export const replace = internalMutation({
  args: {
    id: v.id("webhookEndpoints"),
    resealed: v.array(v.object({ before: v.string(), after: v.string() })),
  },
  returns: v.null(),
  handler: async (ctx, { id, resealed }) => {
    const found = await ctx.db.get("webhookEndpoints", id);
    const secrets = found?.secrets.map((secret) => ({
      ...secret,
      sealed: resealed.find(({ before }) => before === secret.sealed)?.after ?? secret.sealed,
    }));
    if (secrets) await ctx.db.patch("webhookEndpoints", id, { secrets });
    return null;
  },
});
