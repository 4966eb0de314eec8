/** Files that become modules of the deployment: those under `convex/` with a single dot in the name. */
import { join } from "node:path";
import { check, moduleFiles } from "../../../packages/convex-embedded/src/runtime/entries";
import { ok, problem, reasonOf, warning, type Finding } from "../finding";

/** Files that Convex loads by name. They register no functions. */
const BY_NAME = /^(http|crons)\.[jt]s$/;

/** Finds names that Convex refuses, and modules that register no function. */
export function modules(project: string): Finding[] {
  const directory = join(project, "convex");
  const all = [...moduleFiles(directory)];
  const findings = all.flatMap(({ file, source }) => {
    try {
      check(file, source, { label: "convex", isComponent: false });
    } catch (error) {
      return [
        problem(
          reasonOf(error),
          "Rename or move the file. Code that is not deployed as a module has two dots in its name.",
        ),
      ];
    }
    return registers(file, source)
      ? []
      : [
          warning(
            `convex/${file} is deployed as a module but registers no function`,
            `Rename it to ${file.replace(/\.(\w+)$/, ".lib.$1")}: a file with two dots in its name is not deployed as a module.`,
          ),
        ];
  });
  return findings.length > 0 ? findings : [ok(`${all.length} modules`)];
}

/** Guesses from the source whether a module registers a function. Every re-export and default export counts as one. */
function registers(file: string, source: string): boolean {
  return (
    BY_NAME.test(file) ||
    /^export const \w+(?:\s*:[^=]+)?\s*=\s*\w*(?:query|mutation|action)\w*\s*[(<]/im.test(source) ||
    /^export (?:default|\*|\{[^}]*\} from)/m.test(source)
  );
}
