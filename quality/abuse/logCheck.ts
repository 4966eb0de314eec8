/** Checks the log: one line of JSON for each request, no secret, no control character. */

/** `[GET /api/items/:itemId] {…}`: the pattern of a route, never a path. */
const LINE = /^\[[A-Z-]+ (?:\/[\w:./-]*|\/\*)\] (\{.*\})$/;
/** Characters that a terminal obeys, or takes for the end of a line. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
/** A whole key, or a token of an upload URL. */
const SECRET_FORMS = [/cha_[0-9a-z]{12}_[0-9a-z]{40}/, /token=[\w.-]{20}/, /eyJ[\w-]{10,}\./];

/**
 * @param hidden Texts that may stand nowhere.
 * @returns what is wrong, with the lines.
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
      const wrong: string[] = [];
      const isSecret =
        SECRET_FORMS.some((form) => form.test(line)) || secrets.some((secret) => line.includes(secret));
      if (isSecret) wrong.push(`a secret was printed: ${shown}`);
      if (CONTROL.test(line)) wrong.push(`a control character was printed: ${shown}`);
      if (!isJson(LINE.exec(line)?.[1])) wrong.push(`not the line of a request: ${shown}`);
      return wrong;
    });
}

function isJson(text: string | undefined): boolean {
  try {
    return typeof JSON.parse(text ?? "") === "object";
  } catch {
    return false;
  }
}
