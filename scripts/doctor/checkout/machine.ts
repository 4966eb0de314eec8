/** The project's requirements on this machine: Node, the packages of the lock file, and SQLite. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ok, problem, reasonOf, warning, type Finding } from "../finding";

/** Packages to show by name; the rest are counted. */
const SHOWN = 5;

type Locked = { version?: string; optional?: boolean; peer?: boolean; dev?: boolean; link?: boolean };

/**
 * Checks the version of Node, the installed packages, and that SQLite's native module loads.
 *
 * @param node such as `20.20.2`. @param sqlite loads the database and opens one.
 */
export async function machine(
  project: string,
  node = process.versions.node,
  sqlite = openDatabase,
): Promise<Finding[]> {
  return [nodeVersion(project, node), ...packages(project), ...(await database(sqlite))];
}

function nodeVersion(project: string, node: string): Finding {
  const wanted = (read(project, "package.json") as { engines?: { node?: string } }).engines?.node ?? "";
  const [, ...least] = /^>=(\d+)\.(\d+)/.exec(wanted)?.map(Number) ?? [];
  const [major = 0, minor = 0] = node.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = least;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
    ? ok(`Node ${node}`)
    : problem(`Node ${node} is too old: package.json requires ${wanted}`, `Install Node ${wanted}.`);
}

function packages(project: string): Finding[] {
  const lock = read(project, "package-lock.json") as { packages: Record<string, Locked> };
  const locked = Object.entries(lock.packages).filter(([path, { link }]) => path !== "" && !link);
  const missing: string[] = [];
  const missingDev: string[] = [];
  const other: string[] = [];
  for (const [path, { version, optional, peer, dev }] of locked) {
    const name = path.replace(/^.*node_modules\//, "");
    const manifest = join(project, path, "package.json");
    if (!existsSync(manifest)) {
      // npm may leave these out: they are for other platforms, or peers that no installed package needs.
      if (!optional && !peer) (dev ? missingDev : missing).push(name);
    } else {
      const installed = (JSON.parse(readFileSync(manifest, "utf8")) as Locked).version;
      if (installed !== version) other.push(`${name} is ${String(installed)}, not ${String(version)}`);
    }
  }
  const findings = [
    ...(missing.length > 0 ? [problem(`Packages are missing: ${list(missing)}`, "Run `npm ci`.")] : []),
    ...(other.length > 0
      ? [problem(`Packages differ from package-lock.json: ${list(other)}`, "Run `npm ci`.")]
      : []),
    ...(missingDev.length > 0
      ? [
          warning(
            `Development packages are missing: ${list(missingDev)}`,
            "Run `npm ci` to run the tests here.",
          ),
        ]
      : []),
  ];
  return findings.length > 0 ? findings : [ok(`${locked.length} packages match package-lock.json`)];
}

const list = (names: readonly string[]): string =>
  names.slice(0, SHOWN).join(", ") + (names.length > SHOWN ? ` and ${names.length - SHOWN} more` : "");

/** Imports the package here, because a static import would keep the doctor from starting if it does not load. */
async function openDatabase(): Promise<void> {
  const { DatabaseSync } = await import("@photostructure/sqlite");
  new DatabaseSync(":memory:").close();
}

async function database(open: () => Promise<void>): Promise<Finding[]> {
  try {
    await open();
    return [];
  } catch (error) {
    const what = `SQLite does not load, so the embedded runtime cannot start: ${reasonOf(error)}`;
    return [
      problem(what, "Run `npm ci` on this machine. It must run Linux, macOS or Windows on x64 or arm64."),
    ];
  }
}

const read = (project: string, file: string): unknown =>
  JSON.parse(readFileSync(join(project, file), "utf8"));
