/**
 * The two settings with which Convex's own tools find this server: its URL and its admin key.
 *
 * They are written to the env file, where `npx convex` looks for them. If another deployment is configured, they are printed once
 * instead, because the tools refuse to choose between two deployments. The key grants full access, so the file becomes readable
 * only by its owner, whatever its mode was.
 */
import { join } from "node:path";
import { editEnvFile, readEnvFile } from "../environment/envFile";
import { isAdminKey } from "../protocol/adminKey";

const URL_NAME = "CONVEX_SELF_HOSTED_URL";
const KEY_NAME = "CONVEX_SELF_HOSTED_ADMIN_KEY";
/** Other variables that configure a deployment for the tools. */
const DEPLOYMENT_VARIABLES = ["CONVEX_DEPLOYMENT", "CONVEX_DEPLOY_KEY", "CONVEX_DEPLOYMENT_TOKEN"];

export interface ToolSettings {
  readonly url: string;
  readonly adminKey: string;
}

interface Place {
  /** Absolute path of the env file. */
  readonly file: string;
  /** The project, whose `.env` the tools read as well. */
  readonly project: string;
  /** The environment of this process, which takes precedence over files in the tools. */
  readonly host: Readonly<Record<string, string | undefined>>;
}

/**
 * Writes the settings to the env file.
 *
 * @returns `written` if the file has changed, `there` if it already had the settings, `elsewhere` if the tools are configured for
 * another deployment or the file cannot be written; the settings should then be printed.
 */
export function shareSettings(settings: ToolSettings, place: Place): "written" | "there" | "elsewhere" {
  const { file, project, host } = place;
  try {
    const set = readEnvFile(file);
    if (set.get(URL_NAME) === settings.url && set.get(KEY_NAME) === settings.adminKey) return "there";
    const others = [...readEnvFile(join(project, ".env")), ...Object.entries(host)];
    if ([...set, ...others].some(([name, value]) => isOtherDeployment(name, value))) return "elsewhere";
    if (isOtherSelfHosted(set) || isOtherSelfHosted(new Map(others))) return "elsewhere";
    editEnvFile(
      file,
      new Map(Object.entries(asVariables(settings))),
      "npx convex finds the embedded runtime by these.",
      true,
    );
    return "written";
  } catch {
    // The caller prints the settings instead.
    return "elsewhere";
  }
}

/** Returns the settings as lines of an env file. */
export function settingLines(settings: ToolSettings): string[] {
  return Object.entries(asVariables(settings)).map(([name, value]) => `${name}=${value}`);
}

function asVariables({ url, adminKey }: ToolSettings): Record<string, string> {
  return { [URL_NAME]: url, [KEY_NAME]: adminKey };
}

function isOtherDeployment(name: string, value: string | undefined): boolean {
  return DEPLOYMENT_VARIABLES.includes(name) && value !== undefined && value !== "";
}

/** True if a self-hosted Convex is configured that is not an embedded server. Settings of an earlier embedded server are replaced. */
function isOtherSelfHosted(variables: ReadonlyMap<string, string | undefined>): boolean {
  const url = variables.get(URL_NAME) ?? "";
  const key = variables.get(KEY_NAME) ?? "";
  return (url !== "" || key !== "") && !isAdminKey(key);
}
