/** What `npx convex` will talk to, and whether the file that says so stays here. */
import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from "node:child_process";
import { join } from "node:path";
import { readEnvFile } from "../../../embedded/envFile";
import { ok, problem, type Finding } from "../finding";

const URL_NAME = "CONVEX_SELF_HOSTED_URL";
const KEY_NAME = "CONVEX_SELF_HOSTED_ADMIN_KEY";
/** What names a deployment on Convex Cloud. */
const CLOUD = ["CONVEX_DEPLOYMENT", "CONVEX_DEPLOY_KEY"];

/** Looks for two deployments at once, half of one, and for an env file under version control. */
export function tools(project: string, host: Readonly<Record<string, string | undefined>>): Finding[] {
  const files = [".env", ".env.local"].flatMap((file) => [...readEnvFile(join(project, file))]);
  const set = new Map([...files, ...Object.entries(host)]);
  const has = (name: string) => (set.get(name) ?? "") !== "";
  const findings: Finding[] = [];
  const cloud = CLOUD.find(has);
  if (cloud !== undefined && (has(URL_NAME) || has(KEY_NAME)))
    findings.push(
      problem(
        `${cloud} and ${has(URL_NAME) ? URL_NAME : KEY_NAME} are both set, and npx convex refuses to choose`,
        "Keep those of the deployment that you mean.",
      ),
    );
  if (has(URL_NAME) !== has(KEY_NAME)) {
    const [there, missing] = has(URL_NAME) ? [URL_NAME, KEY_NAME] : [KEY_NAME, URL_NAME];
    findings.push(problem(`${there} is set without ${missing}`, "Set both, or neither."));
  }
  const tracked = trackedEnvFiles(project);
  if (tracked.length > 0)
    findings.push(
      problem(
        `${tracked.join(", ")} is under version control, with the secrets in it`,
        "`git rm --cached` it, and change every secret that it has held.",
      ),
    );
  if (findings.length > 0) return findings;
  const target = has(URL_NAME) ? set.get(URL_NAME) : (CLOUD.map((name) => set.get(name)).find(Boolean) ?? "");
  return [ok(target ? `npx convex talks to ${shown(target)}` : "npx convex is not set up for a deployment")];
}

/** A deploy key names its deployment before the secret. */
const shown = (target: string): string => target.split("|", 1)[0] ?? "";

function trackedEnvFiles(project: string): string[] {
  try {
    const options: ExecFileSyncOptionsWithStringEncoding = {
      cwd: project,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    };
    const listed = execFileSync("git", ["ls-files", "--", ".env", ".env.local"], options);
    return listed.split("\n").filter((file) => file !== "");
  } catch {
    // No repository, or no git: nothing to leak into.
    return [];
  }
}
