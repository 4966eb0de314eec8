/**
 * Guests log in with a name and no password, so that the example needs no account with an identity provider.
 *
 * The first token creates a key, which stays in the database. `http.ts` publishes its public half, and `auth.config.ts` names
 * that address. Replace the three files with your provider (https://docs.convex.dev/auth).
 */
import { ConvexError, v } from "convex/values";
import { exportJWK, generateKeyPair, importJWK, SignJWT } from "jose";
import type { JWK } from "jose";
import { internal } from "./_generated/api";
import { action, internalMutation, internalQuery, query } from "./_generated/server";

const ALGORITHM = "ES256";
const KEY_ID = "guests";
const AUDIENCE = "chat";
const LIFETIME = "10m";
const MAX_NAME_CHARACTERS = 30;

/** Returns a token with the name as its subject. */
export const token = action({
  args: { name: v.string() },
  returns: v.string(),
  handler: async (ctx, { name }): Promise<string> => {
    const subject = name.trim();
    if (subject === "" || subject.length > MAX_NAME_CHARACTERS) {
      throw new ConvexError(`A name needs 1 to ${MAX_NAME_CHARACTERS} characters.`);
    }
    const stored: string | null = await ctx.runQuery(internal.guests.privateKey);
    const key = stored ?? (await ctx.runMutation(internal.guests.storeKey, await newKey()));
    return new SignJWT()
      .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID, typ: "JWT" })
      .setSubject(subject)
      .setIssuer(process.env["CONVEX_SITE_URL"] ?? "")
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(LIFETIME)
      .sign(await importJWK(JSON.parse(key) as JWK, ALGORITHM));
  },
});

/** Returns the caller's name, `null` before the log-in. */
export const me = query({
  args: {},
  returns: v.union(v.string(), v.null()),
  handler: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
});

export const publicKey = internalQuery({
  args: {},
  returns: v.union(v.string(), v.null()),
  handler: async (ctx) => (await ctx.db.query("signingKeys").first())?.publicJwk ?? null,
});

export const privateKey = internalQuery({
  args: {},
  returns: v.union(v.string(), v.null()),
  handler: async (ctx) => (await ctx.db.query("signingKeys").first())?.privateJwk ?? null,
});

/** Stores a key unless another call has stored one. @returns the private half of the stored key. */
export const storeKey = internalMutation({
  args: { privateJwk: v.string(), publicJwk: v.string() },
  returns: v.string(),
  handler: async (ctx, key) => {
    const stored = await ctx.db.query("signingKeys").first();
    if (stored !== null) return stored.privateJwk;
    await ctx.db.insert("signingKeys", key);
    return key.privateJwk;
  },
});

async function newKey(): Promise<{ privateJwk: string; publicJwk: string }> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true });
  return {
    privateJwk: JSON.stringify(await exportJWK(pair.privateKey)),
    publicJwk: JSON.stringify({
      ...(await exportJWK(pair.publicKey)),
      ...{ alg: ALGORITHM, kid: KEY_ID, use: "sig" },
    }),
  };
}
