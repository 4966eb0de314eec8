import * as zod from "zod/mini";
import { tokenClaims } from "../api.claims";
import { refuseCredential } from "../../identity/scopes.lib";
import type { ApiContext } from "../kit/env.kit";
import "../kit/everyRequest.kit";
import * as fields from "../kit/fields.kit";
import { fieldErrors } from "../kit/messages.kit";

/**
 * Sets `c.var.caller.claims` to the declared claims of the caller's token. A caller with a key has none. Refuses a token whose
 * claims do not fit their schemas; the log names the claim, and the reply does not.
 */
export async function readClaims(c: ApiContext): Promise<void> {
  const caller = c.get("caller") as ApiContext["var"]["caller"] | undefined;
  if (!caller || caller.key) return;
  const identity = (await c.env.auth.getUserIdentity()) ?? {};
  const { success, data, error } = zod.object(tokenClaims(fields)).safeParse(identity);
  if (!success) {
    const [first] = fieldErrors("header", error.issues, identity);
    refuseCredential("token", `The claim ${first?.path ?? ""} ${first?.message ?? ""}`);
  }
  c.set("caller", { ...caller, claims: data });
}
