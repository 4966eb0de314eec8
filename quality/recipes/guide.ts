/** Reads a guide of docs/guides/ as a list of steps, so that a test can apply it. */

/** Lines of a file, and the lines that replace them. */
type Change = { before: string; after: string };

export type Step =
  | { kind: "write"; file: string; text: string }
  | { kind: "edit"; file: string; changes: Change[] }
  | { kind: "run"; commands: string };

/**
 * Returns the steps below a heading, up to the next heading of its level. A `ts` block is a whole file, a `diff` block changes a
 * file, and a `sh` block is run. The file is the last one that the paragraph before the block names.
 *
 * @param heading the whole line, such as `# Add a resource`.
 */
export function stepsUnder(heading: string, markdown: string): Step[] {
  const section = sectionUnder(heading, markdown);
  return [...section.matchAll(/((?:^.+\n)*)\n^```(\w+)\n([^]*?)^```$/gm)].map(
    ([, paragraph = "", language, text = ""]) => {
      if (language === "sh") return { kind: "run", commands: text };
      const file = [...paragraph.matchAll(/`([\w./-]+\.\w+)`/g)].at(-1)?.[1];
      if (file === undefined) throw new Error(`The text before this block names no file:\n${text}`);
      if (language === "ts") return { kind: "write", file, text };
      if (language === "diff") return { kind: "edit", file, changes: text.split(/^@@\n/m).map(changeOf) };
      throw new Error(`A block of ${String(language)} cannot be applied`);
    },
  );
}

/** Applies a change to a text, which must contain the changed lines exactly once. */
export function changed(text: string, { before, after }: Change): string {
  const at = `\n${text}`.indexOf(`\n${before}`);
  if (at === -1) throw new Error(`The guide changes lines that the file does not contain:\n${before}`);
  if (`\n${text}`.includes(`\n${before}`, at + 1))
    throw new Error(`The guide changes lines that the file contains more than once:\n${before}`);
  return text.slice(0, at) + after + text.slice(at + before.length);
}

function sectionUnder(heading: string, markdown: string): string {
  const lines = markdown.split("\n");
  const start = lines.indexOf(heading) + 1;
  if (start === 0) throw new Error(`The guide has no heading ${heading}`);
  const depth = heading.indexOf(" ");
  let fenced = false;
  const length = lines.slice(start).findIndex((line) => {
    if (line.startsWith("```")) fenced = !fenced;
    // Inside a code block, a line that begins with # is a comment.
    return !fenced && /^#+ /.test(line) && line.indexOf(" ") <= depth;
  });
  return lines.slice(start, length === -1 ? undefined : start + length).join("\n");
}

function changeOf(hunk: string): Change {
  const lines = hunk.split("\n").slice(0, -1);
  const side = (mark: "-" | "+") =>
    lines
      .filter((line) => line === "" || [mark, " "].includes(line.charAt(0)))
      .map((line) => `${line.slice(1)}\n`);
  return { before: side("-").join(""), after: side("+").join("") };
}
