/** Checks the log: one line of JSON for each request, without secrets and control characters. */
import { KEY_PREFIX } from "../../convex/identity/apiKey.lib";

/** `[GET /api/items/:itemId] {…}`: the line names the pattern of the route, never the path. */
const LINE = /^\[[A-Z-]+ (?:\/[\w:./-]*|\/\*)\] (\{.*\})$/;
/** Characters that control a terminal or end a line. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
/** A whole API key, a token of an upload URL, or a JWT. */
const SECRET_FORMS = [
  new RegExp(`${KEY_PREFIX}[0-9a-z]{12}_[0-9a-z]{40}`),
  /token=[\w.-]{20}/,
  /eyJ[\w-]{10,}\./,
];

/**
 * Checks the lines of a log.
 *
 * @param hidden texts that must not be printed.
 * @returns the findings, with their lines.
 */
export function logProblems(lines: readonly string[], hidden: readonly string[]): string[] {
  const secrets = hidden.flatMap((secret) => [
    secret,
    ...secret.split("_").filter((part) => part.length >= 30),
  ]);
  return lines
    .filter((line) => line !== "")
    .flatMap((line) => {
      const shown = JSON.stringify(line.slice(0, 500));
      const findings: string[] = [];
      const isSecret =
        SECRET_FORMS.some((form) => form.test(line)) || secrets.some((secret) => line.includes(secret));
      if (isSecret) findings.push(`the log has a secret: ${shown}`);
      if (CONTROL.test(line)) findings.push(`the log has a control character: ${shown}`);
      if (!isJson(LINE.exec(line)?.[1]))
        findings.push(`the log has a line that is not a request's: ${shown}`);
      return findings;
    });
}

function isJson(text: string | undefined): boolean {
  try {
    return typeof JSON.parse(text ?? "") === "object";
  } catch {
    return false;
  }
}
