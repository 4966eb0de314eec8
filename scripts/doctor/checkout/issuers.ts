/** The token issuers, as `auth.config.ts` reads them. */
import { problem, warning, type Finding } from "../finding";
import type { Settings } from "../settings";
import { isLocal } from "./values";

/** Checks that the issuers are URLs, and that `OIDC_ISSUER` and `OIDC_AUDIENCE` are set together. */
export function issuers({ values, place }: Settings): Finding[] {
  const set = (name: string) => values.get(name)?.trim() ?? "";
  const [issuer, audience] = [set("OIDC_ISSUER"), set("OIDC_AUDIENCE")];
  const pair =
    (issuer === "") === (audience === "")
      ? []
      : [
          problem(
            `${issuer === "" ? "OIDC_AUDIENCE" : "OIDC_ISSUER"} is set without ${issuer === "" ? "OIDC_ISSUER" : "OIDC_AUDIENCE"}, so tokens of this issuer are refused`,
            `Set both in ${place}, or delete both.`,
          ),
        ];
  const clerk = set("CLERK_JWT_ISSUER_DOMAIN");
  const twice =
    clerk !== "" && clerk === issuer
      ? [
          warning(
            "OIDC_ISSUER and CLERK_JWT_ISSUER_DOMAIN name the same issuer",
            "Keep CLERK_JWT_ISSUER_DOMAIN if the audience (aud) of your tokens is convex, else OIDC_ISSUER.",
          ),
        ]
      : [];
  const slash = clerk.endsWith("/")
    ? [
        problem(
          "CLERK_JWT_ISSUER_DOMAIN ends with a slash, but the issuer (iss) of Clerk's tokens does not",
          `Delete the slash in ${place}.`,
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
    return [
      problem(`${name}=${value} is not a URL`, "Copy the issuer (iss) of the tokens exactly: https://…"),
    ];
  const { protocol, hostname } = new URL(value);
  return protocol === "https:" || isLocal(hostname)
    ? []
    : [
        problem(
          `${name} uses plain HTTP, so an attacker on the network can replace the issuer's keys`,
          "Use the issuer's https:// URL.",
        ),
      ];
}
