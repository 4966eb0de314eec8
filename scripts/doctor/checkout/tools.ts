/** Which deployment `npx convex` uses, and whether an env file is under version control. */
import { execFileSync, type ExecFileSyncOptionsWithStringEncoding } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { readEnvFile } from "../../../packages/convex-embedded/src/environment/envFile";
import { ok, problem, warning, type Finding } from "../finding";

const URL_NAME = "CONVEX_SELF_HOSTED_URL";
const KEY_NAME = "CONVEX_SELF_HOSTED_ADMIN_KEY";
/** Variables that select a deployment on Convex Cloud. */
const CLOUD = ["CONVEX_DEPLOYMENT", "CONVEX_DEPLOY_KEY"];

/**
 * Finds two deployments at once, a self-hosted one without its URL or key, one on this machine that is not running, and an
 * env file under version control.
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
        `${cloud} and ${has(URL_NAME) ? URL_NAME : KEY_NAME} are both set, so npx convex refuses to run`,
        "Keep only the variables of the deployment that you want to use.",
      ),
    );
  if (has(URL_NAME) !== has(KEY_NAME)) {
    const [present, missing] = has(URL_NAME) ? [URL_NAME, KEY_NAME] : [KEY_NAME, URL_NAME];
    findings.push(problem(`${present} is set without ${missing}`, "Set both, or delete both."));
  }
  const tracked = trackedEnvFiles(project);
  if (tracked.length > 0)
    findings.push(
      problem(
        `${tracked.join(" and ")} is under version control, together with its secrets`,
        `Run \`git rm --cached ${tracked.join(" ")}\`, and replace every secret that was committed.`,
      ),
    );
  if (findings.length > 0) return findings;
  const target = has(URL_NAME) ? set.get(URL_NAME) : (CLOUD.map((name) => set.get(name)).find(Boolean) ?? "");
  if (!target) return [ok("npx convex is not set up for a deployment")];
  if (!(await isStopped(target))) return [ok(`npx convex uses ${withoutSecret(target)}`)];
  const other = `To use another deployment, delete ${URL_NAME} and ${KEY_NAME}.`;
  const remedy = `Start the server with \`npm start\`. ${other}`;
  return [warning(`npx convex uses ${target}, but no server is running there`, remedy)];
}

/**
 * Returns true if the address is on this machine and no server listens there. Other addresses are not tried, because the
 * doctor works without a network.
 */
async function isStopped(target: string): Promise<boolean> {
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

/** Cuts the secret off a deploy key, which has the form `deployment|secret`. */
const withoutSecret = (target: string): string => target.split("|", 1)[0] ?? "";

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
    // Without git or a repository, no file is under version control.
    return [];
  }
}
