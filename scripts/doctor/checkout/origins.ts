/** Origins that no browser sends: such an entry allows nobody. */
import { isAllowed } from "../../../convex/http/middleware/cors.middleware";
import { problem, warning, type Finding } from "../finding";
import type { Settings } from "../settings";
import { isLocal } from "./values";

/** The entries of `CORS_ORIGINS`. */
export const entriesOf = (list: string): string[] =>
  list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

/** An origin that an entry is meant to allow, as a browser sends it; undefined for no URL. */
export function originMeantBy(entry: string): string | undefined {
  const url = entry.replace("://*.", "://any.");
  return /^https?:\/\//i.test(url) && URL.canParse(url) ? new URL(url).origin : undefined;
}

/** Asks the middleware whether each entry of `CORS_ORIGINS` allows the origin that it seems to mean. */
export function origins({ values, place }: Settings): Finding[] {
  const list = values.get("CORS_ORIGINS");
  if (list === undefined || list.trim() === "*") return [];
  const entries = entriesOf(list);
  if (entries.length === 0)
    return [
      warning("CORS_ORIGINS is empty: no page may call", `Take it out of ${place} to allow every page.`),
    ];
  if (entries.includes("*"))
    return [
      warning("CORS_ORIGINS has a * among its entries, so every page may call", "Leave * or the others."),
    ];
  return entries.flatMap((entry) => {
    const meant = originMeantBy(entry);
    if (meant === undefined)
      return [
        problem(
          `CORS_ORIGINS: ${entry} is no origin, so it allows nobody`,
          "Write scheme and host, such as https://app.example.com.",
        ),
      ];
    if (!isAllowed(meant, entry))
      return [
        problem(
          `CORS_ORIGINS: ${entry} allows nobody, because browsers send ${shown(meant, entry)}`,
          `Write ${shown(meant, entry)}.`,
        ),
      ];
    const { protocol, hostname } = new URL(meant);
    return protocol === "https:" || isLocal(hostname)
      ? []
      : [warning(`CORS_ORIGINS: ${entry} is plain HTTP, which anyone on the way can change`, "Use https.")];
  });
}

const shown = (origin: string, entry: string): string =>
  entry.includes("://*.") ? origin.replace("://any.", "://*.") : origin;
