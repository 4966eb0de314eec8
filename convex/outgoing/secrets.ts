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
    for (let after = 0; ;) {
      const page: SealedPage = await ctx.runQuery(internal.outgoing.secrets.sealed, { after });
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
      after = page.next;
    }
  },
});

type SealedPage = { endpoints: { id: Id<"webhookEndpoints">; secrets: string[] }[]; next: number | null };

/** Returns a page of the stored secrets, by creation time. */
export const sealed = internalQuery({
  args: { after: v.number() },
  returns: v.object({
    endpoints: v.array(v.object({ id: v.id("webhookEndpoints"), secrets: v.array(v.string()) })),
    next: v.union(v.null(), v.number()),
  }),
  handler: async (ctx, { after }) => {
    const found = await ctx.db
      .query("webhookEndpoints")
      .withIndex("by_creation_time", (q) => q.gt("_creationTime", after))
      .take(PAGE);
    const last = found.at(-1);
    return {
      endpoints: found.map(({ _id: id, secrets }) => ({ id, secrets: secrets.map(({ sealed }) => sealed) })),
      next: last && found.length === PAGE ? last._creationTime : null,
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
