/** Whose tokens are accepted, as `auth.config.ts` reads it. */
import { problem, warning, type Finding } from "../finding";
import type { Settings } from "../settings";
import { isLocal } from "./values";

/** Looks whether the issuers are URLs, and whether nothing of a pair is missing. */
export function issuers({ values, place }: Settings): Finding[] {
  const set = (name: string) => values.get(name)?.trim() ?? "";
  const [issuer, audience] = [set("OIDC_ISSUER"), set("OIDC_AUDIENCE")];
  const pair =
    (issuer === "") === (audience === "")
      ? []
      : [
          problem(
            `${issuer === "" ? "OIDC_AUDIENCE" : "OIDC_ISSUER"} is set without ${issuer === "" ? "OIDC_ISSUER" : "OIDC_AUDIENCE"}, so no token is accepted by it`,
            `Set both in ${place}, or neither.`,
          ),
        ];
  const clerk = set("CLERK_JWT_ISSUER_DOMAIN");
  const twice =
    clerk !== "" && clerk === issuer
      ? [
          warning(
            "OIDC_ISSUER is the issuer of CLERK_JWT_ISSUER_DOMAIN too",
            "Keep the one whose audience your tokens have: Clerk's is convex.",
          ),
        ]
      : [];
  const slash = clerk.endsWith("/")
    ? [
        problem(
          "CLERK_JWT_ISSUER_DOMAIN ends with a slash, which the iss of Clerk's tokens does not",
          `Take the slash away in ${place}.`,
        ),
      ]
    : [];
  return [
    ...pair,
    ...twice,
    ...url("CLERK_JWT_ISSUER_DOMAIN", clerk),
    ...slash,
    ...url("OIDC_ISSUER", issuer),
  ];
}

function url(name: string, value: string): Finding[] {
  if (value === "") return [];
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    return [problem(`${name}=${value} is no URL`, "Write it as the iss of the tokens has it: https://…")];
  const { protocol, hostname } = new URL(value);
  return protocol === "https:" || isLocal(hostname)
    ? []
    : [problem(`${name} is not HTTPS: its keys could be anyone's`, "Use the issuer's https address.")];
}
