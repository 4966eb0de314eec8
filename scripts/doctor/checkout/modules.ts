/** Files that become modules of the deployment: one dot in the name under `convex/` is all it takes. */
import { join } from "node:path";
import { check, hasUseNode, moduleFiles } from "../../../packages/convex-embedded/src/runtime/entries";
import { ok, problem, reasonOf, warning, type Finding } from "../finding";

/** Files that Convex asks for by name: they register no function. */
const BY_NAME = /^(http|crons)\.[jt]s$/;

/** Looks for names that Convex refuses, and for modules that register nothing. */
export function modules(project: string): Finding[] {
  const directory = join(project, "convex");
  const all = [...moduleFiles(directory)];
  const findings = all.flatMap(({ file, source }) => {
    if (hasUseNode(source))
      return [
        warning(
          `convex/${file} is for Node ("use node"), which the embedded runtime does not have`,
          "Deploy to Convex, or do without Node.",
        ),
      ];
    try {
      check(file, source, "convex");
    } catch (error) {
      return [problem(reasonOf(error), "Rename or move it; plain code has two dots in its name.")];
    }
    return registers(file, source)
      ? []
      : [
          warning(
            `convex/${file} becomes a module of the deployment, but registers no function`,
            `Call it ${file.replace(/\.(\w+)$/, ".lib.$1")}: with two dots it is plain code.`,
          ),
        ];
  });
  return findings.length > 0 ? findings : [ok(`${all.length} modules`)];
}

/** A guess, as good as reading can be: a function is a call whose result is exported, and a re-export may be one. */
function registers(file: string, source: string): boolean {
  return (
    BY_NAME.test(file) ||
    /^export const \w+(?:\s*:[^=]+)?\s*=\s*\w*(?:query|mutation|action)\w*\s*[(<]/im.test(source) ||
    /^export (?:default|\*|\{[^}]*\} from)/m.test(source)
  );
}
