/** Extracts the prose of a file as Markdown, with the position of each line in the file. */
import { commentLines, inOrder, type Line, type Passage } from "./lines";
import { typescriptPassages } from "./typescript";

/** @param file the file name, whose extension selects the parser: Markdown, TypeScript, JavaScript or shell. */
export function proseOf(file: string, text: string): Line[] {
  if (file.endsWith(".md")) return allLines(text);
  return inOrder(file.endsWith(".sh") ? shellPassages(text) : typescriptPassages(file, text));
}

const allLines = (text: string): Line[] =>
  text.split("\n").map((line, index) => ({ text: line, line: index + 1, column: 1 }));

/** Finds comments that fill whole lines. Comments on consecutive lines form one passage. */
function shellPassages(text: string): Passage[] {
  const passages: Passage[] = [];
  let last = 0;
  for (const line of allLines(text)) {
    const margin = /^\s*#+(?!!) ?/.exec(line.text)?.[0].length;
    if (margin === undefined) continue;
    const [found] = commentLines([{ ...line, text: line.text.slice(margin), column: margin + 1 }]);
    const passage = passages.at(-1);
    if (found && passage && last === line.line - 1) passage.lines.push(found);
    else if (found) passages.push({ at: line.line, lines: [found] });
    last = line.line;
  }
  return passages;
}
