/** Lists the files whose prose is checked. */
import { execFileSync } from "node:child_process";

const CHECKED = /\.(?:md|ts|mts|mjs|sh)$/;
const GENERATED = /(?:^|\/)_generated\/|^openapi\/example\/api\.d\.ts$/;

/**
 * Returns the files of the repository that hold prose, including untracked files.
 *
 * @param paths folders or files; an empty list selects the whole repository.
 * @throws Error if a path contains no file that can be checked.
 */
export function proseFiles(paths: string[]): string[] {
  const git = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "-z"];
  const list = (...named: string[]) =>
    execFileSync("git", [...git, "--", ...named], { encoding: "utf8" })
      .split("\0")
      .filter((file) => CHECKED.test(file) && !GENERATED.test(file));
  const empty = paths.find((path) => list(path).length === 0);
  if (empty !== undefined)
    throw new Error(`'${empty}' holds no Markdown, TypeScript or shell file of this repository.`);
  return list(...paths);
}
