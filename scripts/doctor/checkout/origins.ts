/** Entries of `CORS_ORIGINS` that match no origin, because browsers send origins in one form only. */
import { isAllowed } from "../../../convex/http/middleware/cors.middleware";
import { problem, warning, type Finding } from "../finding";
import type { Settings } from "../settings";
import { isLocal } from "./values";

/** Splits the value of `CORS_ORIGINS` into its entries. */
export const entriesOf = (list: string): string[] =>
  list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

/** Returns an origin that an entry should allow, as a browser sends it; undefined if the entry is not a URL. */
export function originMeantBy(entry: string): string | undefined {
  const url = entry.replace("://*.", "://any.");
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url).origin : undefined;
}

/** Checks with the CORS middleware that each entry of `CORS_ORIGINS` allows the origin that it names. */
export function origins({ values, place }: Settings): Finding[] {
  const list = values.get("CORS_ORIGINS");
  if (list === undefined || list.trim() === "*") return [];
  const entries = entriesOf(list);
  if (entries.length === 0)
    return [
      warning(
        "CORS_ORIGINS is empty, so pages of every origin are refused",
        `List origins in ${place}, or delete the setting to allow all.`,
      ),
    ];
  if (entries.includes("*"))
    return [
      warning(
        "CORS_ORIGINS has * among other entries, so every origin is allowed",
        "Keep either * or the other entries.",
      ),
    ];
  return entries.flatMap((entry) => {
    const meant = originMeantBy(entry);
    if (meant === undefined)
      return [
        problem(
          `CORS_ORIGINS: ${entry} is not an origin, so it has no effect`,
          "Write scheme and host, such as https://app.example.com.",
        ),
      ];
    if (!isAllowed(meant, entry))
      return [
        problem(
          `CORS_ORIGINS: ${entry} has no effect, because browsers send ${shown(meant, entry)}`,
          `Write ${shown(meant, entry)}.`,
        ),
      ];
    const { protocol, hostname } = new URL(meant);
    return protocol === "https:" || isLocal(hostname)
      ? []
      : [
          warning(
            `CORS_ORIGINS: ${entry} uses plain HTTP, so an attacker on the network can change its pages`,
            "Use https://.",
          ),
        ];
  });
}

const shown = (origin: string, entry: string): string =>
  entry.includes("://*.") ? origin.replace("://any.", "://*.") : origin;
