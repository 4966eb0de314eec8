/**
 * The two settings with which Convex's own tools find this server: its URL and its admin key.
 *
 * They go to the env file, where `npx convex` looks for them, unless a deployment of somebody else's is configured: the
 * tools refuse to choose between two, and nobody's choice is ours to undo. Then they are printed, once. The key opens
 * everything, so that the file is its owner's alone from then on, whatever mode it had.
 */
import { join } from "node:path";
import { editEnvFile, readEnvFile } from "../environment/envFile";
import { isAdminKey } from "../protocol/adminKey";

const URL_NAME = "CONVEX_SELF_HOSTED_URL";
const KEY_NAME = "CONVEX_SELF_HOSTED_ADMIN_KEY";
/** What else tells the tools of a deployment. */
const OTHERS = ["CONVEX_DEPLOYMENT", "CONVEX_DEPLOY_KEY", "CONVEX_DEPLOYMENT_TOKEN"];

export interface ToolSettings {
  readonly url: string;
  readonly adminKey: string;
}

interface Place {
  /** The env file, absolute. */
  readonly file: string;
  /** The project, whose `.env` the tools read as well. */
  readonly project: string;
  /** This process's environment, which the tools prefer to any file. */
  readonly host: Readonly<Record<string, string | undefined>>;
}

/**
 * Makes the tools find the server.
 *
 * @returns `written` if the file has changed, `there` if it said so before, `elsewhere` if the tools are set up for
 * something else or the file cannot be written: then the settings are for a person to use.
 */
export function shareSettings(settings: ToolSettings, place: Place): "written" | "there" | "elsewhere" {
  const { file, project, host } = place;
  try {
    const set = readEnvFile(file);
    if (set.get(URL_NAME) === settings.url && set.get(KEY_NAME) === settings.adminKey) return "there";
    const others = [...readEnvFile(join(project, ".env")), ...Object.entries(host)];
    if ([...set, ...others].some(([name, value]) => isOthers(name, value))) return "elsewhere";
    if (isSomebodyElses(set) || isSomebodyElses(new Map(others))) return "elsewhere";
    editEnvFile(
      file,
      new Map(Object.entries(asVariables(settings))),
      "npx convex finds the embedded runtime by these.",
      true,
    );
    return "written";
  } catch {
    // What cannot be read or written is the reader's to know: the settings will be printed.
    return "elsewhere";
  }
}

/** The settings as they stand in an env file, line by line. */
export function settingLines(settings: ToolSettings): string[] {
  return Object.entries(asVariables(settings)).map(([name, value]) => `${name}=${value}`);
}

function asVariables({ url, adminKey }: ToolSettings): Record<string, string> {
  return { [URL_NAME]: url, [KEY_NAME]: adminKey };
}

function isOthers(name: string, value: string | undefined): boolean {
  return OTHERS.includes(name) && value !== undefined && value !== "";
}

/** True where a self-hosted Convex is set up that is none of ours. An earlier server of ours has had its time. */
function isSomebodyElses(variables: ReadonlyMap<string, string | undefined>): boolean {
  const url = variables.get(URL_NAME) ?? "";
  const key = variables.get(KEY_NAME) ?? "";
  return (url !== "" || key !== "") && !isAdminKey(key);
}
