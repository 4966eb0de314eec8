/** The files whose prose is checked. */
import { execFileSync } from "node:child_process";

const READ = /\.(?:md|ts|mts|mjs|sh)$/;
const NOT_OURS = /(?:^|\/)_generated\/|^openapi\/example\/api\.d\.ts$/;

/**
 * The files of the repository that hold prose, new ones included.
 *
 * @param paths folders or files; empty for the whole repository.
 * @throws Error if a path matches no such file.
 */
export function proseFiles(paths: string[]): string[] {
  const git = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "-z"];
  const list = (...named: string[]) =>
    execFileSync("git", [...git, "--", ...named], { encoding: "utf8" })
      .split("\0")
      .filter((file) => READ.test(file) && !NOT_OURS.test(file));
  const empty = paths.find((path) => list(path).length === 0);
  if (empty !== undefined)
    throw new Error(`'${empty}' holds no Markdown, TypeScript or shell file of this repository.`);
  return list(...paths);
}
