/** What `npx convex` will talk to, and whether the file that says so stays here. */
import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { readEnvFile } from "../../../packages/convex-embedded/src/environment/envFile";
import { ok, problem, warning, type Finding } from "../finding";

const URL_NAME = "CONVEX_SELF_HOSTED_URL";
const KEY_NAME = "CONVEX_SELF_HOSTED_ADMIN_KEY";
/** What names a deployment on Convex Cloud. */
const CLOUD = ["CONVEX_DEPLOYMENT", "CONVEX_DEPLOY_KEY"];

/**
 * Looks for two deployments at once, half of one, one on this machine that is not running, and for an env file under
 * version control.
 */
export async function tools(
  project: string,
  host: Readonly<Record<string, string | undefined>>,
): Promise<Finding[]> {
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
  if (!target) return [ok("npx convex is not set up for a deployment")];
  if (!(await isSilent(target))) return [ok(`npx convex talks to ${shown(target)}`)];
  const remedy = `Start the server with \`npm start\`, or take ${URL_NAME} and ${KEY_NAME} out to use another deployment.`;
  return [warning(`npx convex is set up for ${target}, where nothing is running`, remedy)];
}

/** True for an address on this machine at which nothing listens. Others are not asked: the doctor needs no network. */
async function isSilent(target: string): Promise<boolean> {
  if (!URL.canParse(target)) return false;
  const { protocol, hostname, port } = new URL(target);
  const host = hostname.replace(/^\[|\]$/g, "");
  if (!/^https?:$/.test(protocol) || !/^(?:localhost|127\.[\d.]+|::1)$/.test(host)) return false;
  const socket = connect({ host, port: Number(port || (protocol === "https:" ? 443 : 80)) });
  try {
    await once(socket, "connect");
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
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
