import type { Finding, Level, Section } from "./finding";

const count = (sections: readonly Section[], level: Level): number =>
  sections.flatMap(({ findings }) => findings).filter((finding) => finding.level === level).length;

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;

/** Formats the findings for people: a line each, and a second line with the remedy. */
export function asText(subject: string, sections: readonly Section[]): string {
  const width = Math.max(...sections.map(({ name }) => name.length));
  const lines = sections.flatMap(({ name, findings }) =>
    findings.map((finding, at) => `  ${(at === 0 ? name : "").padEnd(width)}  ${entry(finding, width)}`),
  );
  const [problems, warnings] = [count(sections, "problem"), count(sections, "warning")];
  const verdict =
    problems + warnings === 0
      ? "Nothing to do."
      : `${plural(problems, "problem")}, ${plural(warnings, "warning")}.`;
  return [subject, "", ...lines, "", verdict, ""].join("\n");
}

const WIDEST = "problem".length;

function entry(finding: Finding, width: number): string {
  const indent = " ".repeat(width + WIDEST + 6);
  const remedy = finding.do === undefined ? "" : `\n${indent}→ ${finding.do}`;
  return `${finding.level.padEnd(WIDEST)}  ${finding.what}${remedy}`;
}

/** Formats the findings for programs: `{subject, problems, warnings, findings: [{check, level, what, do?}]}`. */
export function asJson(subject: string, sections: readonly Section[]): string {
  const findings = sections.flatMap(({ name, findings }) =>
    findings.map((finding) => ({ check: name, ...finding })),
  );
  const report = {
    subject,
    problems: count(sections, "problem"),
    warnings: count(sections, "warning"),
    findings,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** Returns whether any finding is a problem. */
export const hasProblems = (sections: readonly Section[]): boolean => count(sections, "problem") > 0;
