/** Prints the changes of an adoption, and the remaining steps in order. */
import type { App } from "./app";
import type { Choice } from "./copy/copied";
import type { Merged } from "./merge";
import { ALWAYS } from "./parts";
import type { Plan } from "./plan";
import type { Mismatch } from "./theirs/versions";

export type Outcome = {
  readonly app: App;
  readonly choice: Choice;
  readonly plan: Plan;
  /** The packages whose tables could not be read. */
  readonly unread: readonly string[];
  /** All that is written, by path: copies and edits. */
  readonly writes: ReadonlyMap<string, string | Buffer>;
  /** The files that an update merged. */
  readonly merge: Merged | undefined;
  /** Commands that failed, with their output. */
  readonly failed: readonly { command: string; reason: string }[];
  /** Commands that were not run. */
  readonly skipped: readonly string[];
  readonly dryRun: boolean;
  readonly print: (line: string) => void;
};

export function report(outcome: Outcome): void {
  const { app, choice, plan, unread, writes, merge, failed, skipped, dryRun, print } = outcome;
  const { copies, hand } = plan;
  const { layout, names, parts, tables } = choice;
  const has = (path: string) => app.read(path) !== undefined;
  const copied = merge ? [] : [...writes.keys()].filter((path) => copies.has(path));
  const others = [...writes.keys()].filter((path) => !copied.includes(path));
  print(`${names.title} in ${app.root}: ${[...ALWAYS, ...parts].join(", ")}`);
  for (const [table, name] of tables) print(`  The app has a table ${table}, so the API's is ${name}.`);
  if (copied.length > 0) {
    const inFunctions = copied.filter((path) => path.startsWith(`${layout.functions}/`)).length;
    const verb = dryRun ? "would copy" : "copied";
    print(
      `  ${verb} ${inFunctions} files to ${layout.functions}/${layout.folder}, ${copied.length - inFunctions} to ${layout.tools}`,
    );
  }
  for (const path of others) print(`  ${dryRun ? "would write" : "wrote"} ${path}`);
  for (const path of merge?.removals ?? []) print(`  ${dryRun ? "would remove" : "removed"} ${path}`);
  for (const path of copied.length === 0 ? [...copies.keys()].filter((path) => !has(path)) : [])
    print(`  missing, left as it is: ${path}`);
  if (writes.size === 0 && !merge?.removals.length) print("  nothing to change");

  const left = [
    ...plan.mismatches.map(versionStep),
    ...unread.map(
      (name) =>
        `Compare the tables that ${name} adds to your schema with ${layout.folder}/tables.ts. The command could not evaluate the schema, so it could not compare the names. If both have a table with one name, undo the adoption, install the packages of the app, and run the command again.`,
    ),
    ...(merge?.conflicts ?? []).map((path) => `Resolve the conflicts in ${path}, which Git has marked.`),
    ...(merge?.left ?? []).map(
      (path) => `Look at ${path}: one side has changed it, and the other has removed it.`,
    ),
    ...[...hand].map(([path, { why, diff }]) => `Edit ${path}: ${why}.\n${indented(diff)}`),
    ...failed.map(({ command, reason }) => `Run \`${command}\`. It failed:\n${indented(reason)}`),
    ...skipped.map((command) => `Run \`${command}\`.`),
    ...remaining(plan, choice),
  ];
  print(`\nHand edits: ${hand.size}. Left to do:`);
  left.forEach((text, at) => {
    print(`${at + 1}. ${text}`);
  });
}

/** Returns what to do about a package in another major version. */
function versionStep({ name, app, needed, isLater }: Mismatch): string {
  return isLater
    ? `The app has ${name} ${app}, which is a later major version than the API's ${needed}. Check the types and run the end-to-end tests (\`npm run e2e -- --app\`, here); if the API fails, set ${name} to ${needed} in package.json.`
    : `In package.json, ${name} ${app} becomes ${needed}, which is another major version. Find the uses of ${name} in your own code, and change them as its changelog says.`;
}

/** Returns what only the owner of the app can do. */
function remaining({ scripts }: Plan, { layout, parts }: Choice): string[] {
  const key = `npx convex run ${layout.folder}/apiKeys:issue '{"name": "first", "scopes": ["*"], "email": "you@example.com"}'`;
  return [
    `Serve the app on this machine with \`npm run ${scripts["api"]?.name ?? "api"}\`. The first start prints a key.`,
    'On Convex, set a key that encrypts the secrets of webhooks: `npx convex env set SECRETS_KEY "$(openssl rand -base64 32)"`.',
    `Deploy with \`npx convex deploy\`, and issue a key: \`${key}\`.`,
    ...(parts.includes("webhooks")
      ? [`Set the secrets of your webhook sources, which ${layout.tools}/.env.example lists.`]
      : []),
  ];
}

const indented = (text: string): string => text.replaceAll(/^/gm, "     ");
