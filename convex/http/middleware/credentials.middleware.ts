import { fail } from "../../lib/failure.lib";
import type { CredentialHeader } from "../kit/contract.kit";
import type { ApiContext } from "../kit/env.kit";

/** What a request presents, and in which header. */
export type Credential = { text: string; header: CredentialHeader };

/**
 * The credential of a request, or null. `Authorization` counts with the Bearer scheme only, in any letter case. Two that
 * differ are refused: the request does not say who is asking.
 *
 * @param wanted The only header that counts, where a route takes one alone.
 */
export function credentialOf(c: ApiContext, wanted: CredentialHeader | undefined): Credential | null {
  const key = c.req.header("X-API-Key")?.trim();
  const bearer = /^bearer +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (key && bearer && key !== bearer) {
    const message = "carries another credential than X-API-Key; send one";
    fail("invalid_request", `Authorization: ${message}`, {
      errors: [{ in: "header", path: "Authorization", message }],
    });
  }
  if (key && wanted !== "authorization") return { text: key, header: "x-api-key" };
  if (bearer && wanted !== "x-api-key") return { text: bearer, header: "authorization" };
  return null;
}
