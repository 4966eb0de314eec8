import { httpRouter } from "convex/server";
import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";

const http = httpRouter();

/** The public key that verifies the tokens of guests, as a JSON Web Key Set. */
http.route({
  path: "/.well-known/jwks.json",
  method: "GET",
  handler: httpAction(async (ctx) => {
    const key = await ctx.runQuery(internal.guests.publicKey);
    return Response.json({ keys: key === null ? [] : [JSON.parse(key) as unknown] });
  }),
});

export default http;
