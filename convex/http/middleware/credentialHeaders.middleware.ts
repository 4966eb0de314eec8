import { failField } from "../../lib/failure.lib";
import type { CredentialHeader } from "../kit/contract.kit";
import type { ApiContext } from "../kit/env.kit";

/** The credential that a request presents, and its header. */
export type Credential = { text: string; header: CredentialHeader };

/**
 * Returns the credential of a request, or null. `Authorization` counts only with the Bearer scheme, in any letter case. Two
 * different credentials are refused, in one header or in both, because the caller is ambiguous.
 *
 * @param wanted The only header that counts, for a route that accepts a single header.
 */
export function credentialOf(c: ApiContext, wanted: CredentialHeader | undefined): Credential | null {
  const key = onlyOne("X-API-Key", linesOf(c.req.header("X-API-Key")));
  const bearer = onlyOne("Authorization", linesOf(c.req.header("Authorization")).flatMap(bearerIn));
  if (key && bearer && key !== bearer) {
    failField({
      in: "header",
      path: "Authorization",
      message: "carries a different credential than X-API-Key; send only one",
    });
  }
  if (key && wanted !== "authorization") return { text: key, header: "x-api-key" };
  if (bearer && wanted !== "x-api-key") return { text: bearer, header: "authorization" };
  return null;
}

/** Splits the lines of a repeated header, which arrive joined by commas (RFC 9110, section 5.3). */
const linesOf = (header = ""): string[] =>
  header
    .split(",")
    .map((line) => line.trim())
    .filter((line) => line !== "");

const bearerIn = (line: string): string[] => /^bearer +(\S+)$/i.exec(line)?.slice(1) ?? [];

function onlyOne(path: string, [first, ...others]: string[]): string | undefined {
  if (others.some((other) => other !== first)) {
    failField({ in: "header", path, message: "carries several credentials; send only one" });
  }
  return first;
}
