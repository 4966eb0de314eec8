/** Runs an adoption: plans it, writes it, and lists the remaining steps. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { appIn, nameOfApp, type App } from "./app";
import type { Choice } from "./copy/copied";
import { defaultNames } from "./copy/names";
import { sourceTexts } from "./copy/source";
import { pathIn } from "./layout";
import { merged } from "./merge";
import type { Options } from "./options";
import { PART_NAMES, withNeeded } from "./parts";
import { planned, type Origin, type Plan } from "./plan";
import { copiesPath, packed, recordIn, recordPath, recordText, unpacked, type Adoption } from "./record";
import { Refusal } from "./refusal";
import { report } from "./report";
import { tablesOf, type Tables } from "./schema";
import { stepsFor } from "./steps";
import { renamesFor } from "./tables";

const TOOLS = "rest-api";
const FOLDER = "api";

/**
 * @param ours the folder of this project.
 * @returns the exit code: 1 if a step failed or an update has conflicts.
 * @throws Refusal if the app cannot get the API.
 */
export async function adopt(ours: string, options: Options, print: (line: string) => void): Promise<number> {
  const app = appIn(options.app);
  const origin = originIn(ours);
  const earlier = adoptionOf(app, options.tools ?? TOOLS);
  if (options.update && !earlier)
    throw new Refusal("The app does not have the API yet. Run the command without --update.");
  if (options.update && !options.dryRun) requireCommitted(app.root);
  const folder = earlier?.choice.layout.folder ?? options.folder ?? FOLDER;
  const tables = await tablesOf(ours, app, folder);
  const choice = !earlier
    ? chosen(app, options, origin, tables)
    : options.update
      ? extended(app, earlier, options, origin, tables)
      : kept(earlier, options);
  const plan = await planned(app, choice, origin);
  const merge = options.update
    ? merged(copiesOf(app, choice), app.read, withoutDocument(plan.copies, choice))
    : undefined;
  const writes = new Map<string, string | Buffer>([
    ...(merge?.writes ?? (earlier ? [] : plan.copies)),
    ...(merge || !earlier ? recorded(app, choice, plan, origin) : []),
    ...plan.edits,
  ]);
  const isChanged = writes.size > 0 || (merge?.removals.length ?? 0) > 0;
  if (!options.dryRun) write(app, writes, merge?.removals ?? []);

  const steps = stepsFor(ours, app, choice.layout, origin.runtime, plan.scripts);
  const failed: { command: string; reason: string }[] = [];
  // Code with Git's markers does not compile, so the owner resolves the conflicts first.
  const runs = options.install && !options.dryRun && isChanged && !merge?.conflicts.length;
  for (const { command, run } of runs ? steps : []) {
    print(`$ ${command}`);
    await run().catch((error: unknown) => {
      failed.push({ command, reason: (error as Error).message });
    });
  }
  const skipped = runs || !isChanged ? [] : steps.map(({ command }) => command);
  report({
    app,
    choice,
    plan,
    unread: tables.unread,
    writes,
    merge,
    failed,
    skipped,
    dryRun: options.dryRun,
    print,
  });
  return failed.length > 0 || merge?.conflicts.length ? 1 : 0;
}

function originIn(ours: string): Origin {
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
function chosen(app: App, options: Options, { texts }: Origin, { names: taken }: Tables): Choice {
  const { functions } = app;
  const layout = { functions, folder: options.folder ?? FOLDER, tools: options.tools ?? TOOLS };
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
    tables: renamesFor(texts, taken),
  };
}

/** Returns the choice of the earlier adoption with more parts, and with names for tables that are new in the API. */
function extended(
  app: App,
  { choice }: Adoption,
  options: Options,
  { texts }: Origin,
  { names: taken }: Tables,
): Choice {
  if (options.title ?? options.keyPrefix ?? options.version ?? options.folder)
    throw new Refusal(
      "With --update, only --with may change what was chosen. Change names in the code itself.",
    );
  const { functions, folder } = choice.layout;
  const known = app.read(posix.join(functions, folder, "tables.ts")) ?? "";
  const isNew = (table: string) => !known.includes(`  ${table}: `);
  const fresh = [...renamesFor(texts, taken)].filter(([table]) => isNew(choice.tables.get(table) ?? table));
  const parts = withNeeded([...choice.parts, ...(options.parts ?? [])]);
  return { ...choice, parts, tables: new Map([...choice.tables, ...fresh]) };
}

/** The app generates its document anew, so the document is not merged. */
function withoutDocument(files: ReadonlyMap<string, string>, { layout }: Choice): Map<string, string> {
  const document = pathIn(layout, "openapi/openapi.json");
  return new Map([...files].filter(([path]) => path !== document));
}

/** Returns the copied files as they were, without the document. */
function copiesOf({ root }: App, choice: Choice): Map<string, string> {
  const { tools } = choice.layout;
  const path = join(root, copiesPath(tools));
  if (!existsSync(path))
    throw new Refusal(`${copiesPath(tools)} is missing, so there is nothing to compare with.`);
  return withoutDocument(unpacked(readFileSync(path)), choice);
}

/** Returns the files of the record that change. */
function recorded(app: App, choice: Choice, plan: Plan, { manifest }: Origin): [string, string | Buffer][] {
  const { tools } = choice.layout;
  const text = recordText({ version: manifest.version, choice });
  const copies = packed(plan.copies);
  const path = join(app.root, copiesPath(tools));
  const isSame = existsSync(path) && copies.equals(readFileSync(path));
  return [
    ...(app.read(recordPath(tools)) === text ? [] : [[recordPath(tools), text] as [string, string]]),
    ...(isSame ? [] : [[copiesPath(tools), copies] as [string, Buffer]]),
  ];
}

/** Refuses an update of files that Git does not have as they are: the owner could not see or undo it. */
function requireCommitted(root: string): void {
  const { status, stdout } = spawnSync("git", ["status", "--porcelain", "--", "."], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0)
    throw new Refusal(
      "--update needs the app in a Git repository, so that you can see and undo what it changes.",
    );
  if (stdout.trim() !== "")
    throw new Refusal(
      "Commit the changes of the app first, so that you can see and undo what --update changes.",
    );
}

function write(
  { root }: App,
  writes: ReadonlyMap<string, string | Buffer>,
  removals: readonly string[],
): void {
  for (const [path, content] of writes) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  for (const path of removals) rmSync(join(root, path), { force: true });
}
