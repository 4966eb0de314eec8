export type Level = "ok" | "warning" | "problem";

export interface Finding {
  readonly level: Level;
  /** The state that was found, in one sentence. Never the value of a secret. */
  readonly what: string;
  /** The remedy. */
  readonly do?: string;
}

/** One area of the checks, with its findings. */
export interface Section {
  /** Such as `settings` or `bundle`. */
  readonly name: string;
  readonly findings: readonly Finding[];
}

export const ok = (what: string): Finding => ({ level: "ok", what });
/** Works, but probably not as intended. */
export const warning = (what: string, remedy: string): Finding => ({ level: "warning", what, do: remedy });
/** Does not work, or is not safe. */
export const problem = (what: string, remedy: string): Finding => ({ level: "problem", what, do: remedy });

/** Returns the findings, or a single `ok` if there are none. */
export const orOk = (findings: readonly Finding[], what: string): readonly Finding[] =>
  findings.length > 0 ? findings : [ok(what)];

/** Returns the first line of an error's message, or of its cause's message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const reason = cause instanceof Error && cause.message !== "" ? cause.message : error.message;
  return reason.split("\n", 1)[0] ?? reason;
}
