/** What the doctor finds. */

export type Level = "ok" | "warning" | "problem";

export interface Finding {
  readonly level: Level;
  /** What is so, in one sentence. Never the value of a secret. */
  readonly what: string;
  /** What to do about it. */
  readonly do?: string;
}

/** Something looked at, with all that was found there. */
export interface Section {
  /** A few words: `settings`, `bundle`. */
  readonly name: string;
  readonly findings: readonly Finding[];
}

export const ok = (what: string): Finding => ({ level: "ok", what });
/** Works, but hardly as it was meant. */
export const warning = (what: string, remedy: string): Finding => ({ level: "warning", what, do: remedy });
/** Does not work, or not safely. */
export const problem = (what: string, remedy: string): Finding => ({ level: "problem", what, do: remedy });

/** The findings, or where there are none, that all is well. */
export const orOk = (findings: readonly Finding[], what: string): readonly Finding[] =>
  findings.length > 0 ? findings : [ok(what)];

/** What an error says, in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  const reason = cause instanceof Error && cause.message !== "" ? cause.message : error.message;
  return reason.split("\n", 1)[0] ?? reason;
}
