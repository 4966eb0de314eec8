/** Runs an adoption: plans it, writes it, and says what is left to do. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { appIn, nameOfApp, tablesOf, type App } from "./app";
import type { Choice } from "./copy/copied";
import { defaultNames } from "./copy/names";
import { sourceTexts } from "./copy/source";
import type { Options } from "./options";
import { PART_NAMES, withNeeded } from "./parts";
import { planned, type Origin, type Plan } from "./plan";
import { recordIn, recordPath, type Adoption } from "./record";
import { Refusal } from "./refusal";
import { report } from "./report";
import { stepsFor } from "./steps";
import { renamesFor } from "./tables";

const TOOLS = "rest-api";

/**
 * @param ours the folder of this project.
 * @returns the exit code: 1 if a step failed.
 * @throws Refusal if the app cannot get the API.
 */
export async function adopt(ours: string, options: Options, print: (line: string) => void): Promise<number> {
  const app = appIn(options.app);
  const origin = originIn(ours);
  const earlier = adoptionOf(app, options.tools ?? TOOLS);
  if (options.update) throw new Refusal("--update is not available yet.");
  const choice = earlier ? kept(earlier, options) : chosen(app, options, origin);
  const plan = await planned(app, choice, origin, earlier === undefined);
  if (!options.dryRun) write(app, plan);
  const steps = stepsFor(
    ours,
    app,
    choice.layout,
    origin.runtime,
    plan.scripts["openapi"]?.name ?? "openapi",
  );
  const failed: { command: string; reason: string }[] = [];
  const runs = options.install && !options.dryRun && (earlier === undefined || plan.writes.size > 0);
  for (const { command, run } of runs ? steps : []) {
    print(`$ ${command}`);
    await run().catch((error: unknown) => {
      failed.push({ command, reason: (error as Error).message });
    });
  }
  const skipped = runs ? [] : plan.writes.size === 0 ? [] : steps.map(({ command }) => command);
  report({ app, choice, plan, failed, skipped, dryRun: options.dryRun, print });
  return failed.length > 0 ? 1 : 0;
}

export function originIn(ours: string): Origin {
  const read = (file: string) => readFileSync(join(ours, file), "utf8");
  const runtime = JSON.parse(read("packages/convex-embedded/package.json")) as { version: string };
  return {
    texts: sourceTexts(ours),
    manifest: JSON.parse(read("package.json")) as Origin["manifest"],
    runtime: runtime.version,
    authConfig: read("convex/auth.config.ts"),
    embedded: read("convex-embedded.json"),
  };
}

/** Returns the record of an earlier adoption, or undefined. */
function adoptionOf({ read }: App, tools: string): Adoption | undefined {
  const text = read(recordPath(tools));
  return text === undefined ? undefined : recordIn(text);
}

/** Returns the choice of the earlier adoption. @throws Refusal if the options differ from it. */
function kept({ choice }: Adoption, { parts, title, keyPrefix, version, folder }: Options): Choice {
  const { names, layout } = choice;
  const asked = parts && withNeeded(parts).join();
  const differs =
    (asked !== undefined && asked !== choice.parts.join()) ||
    [
      [title, names.title],
      [keyPrefix, names.keyPrefix],
      [version, names.version],
      [folder, layout.folder],
    ].some(([wanted, recorded]) => wanted !== undefined && wanted !== recorded);
  if (differs)
    throw new Refusal(
      `The app has the API already, with other options: see ${recordPath(layout.tools)}. Run the command without them.`,
    );
  return choice;
}

/** Returns the choice of a first adoption. @throws Refusal if the app has files where the API's would be. */
function chosen(app: App, options: Options, { texts }: Origin): Choice {
  const { functions } = app;
  const layout = { functions, folder: options.folder ?? "api", tools: options.tools ?? TOOLS };
  const inTheWay = [
    posix.join(functions, layout.folder),
    `${posix.join(functions, layout.folder)}.ts`,
    layout.tools,
  ].filter((path) => existsSync(join(app.root, path)));
  if (inTheWay.length > 0)
    throw new Refusal(
      `The app has ${inTheWay.join(" and ")} already. Choose other names with --folder and --tools.`,
    );
  const names = defaultNames(nameOfApp(app));
  return {
    layout,
    parts: withNeeded(options.parts ?? PART_NAMES),
    names: {
      title: options.title ?? names.title,
      version: options.version ?? names.version,
      keyPrefix: options.keyPrefix ?? names.keyPrefix,
    },
    tables: renamesFor(texts, tablesOf(app)),
  };
}

function write({ root }: App, { writes }: Plan): void {
  for (const [path, content] of writes) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}
