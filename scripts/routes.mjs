/**
 * Chooses how the routes are bundled: `npm run routes -- static` or `npm run routes -- on-demand`, the default.
 *
 * On demand, a request loads only its own resource. Static is for a deployment that cannot run `import()`: every request then
 * loads every resource. The choice is the entry `#routes` in `package.json`. The static file is made from `api.routes.ts`, so run
 * the command again after a change of the routes. A test compares both.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const ON_DEMAND = "convex/http/api.routes.ts";
const STATIC = "convex/http/static.routes.ts";

/** Returns the text of the static file: the same routes with an `import` declaration for each `import()`. */
export function staticRoutes(source) {
  const declarations = [];
  const imported = (path) => {
    const name = `m${declarations.length}`;
    declarations.push(`import * as ${name} from "${path}";`);
    return name;
  };
  const text = source
    .replaceAll(
      /async \(\) => \(await import\("([^"]+)"\)\)\.(\w+)/g,
      (_, path, member) => `() => ${imported(path)}.${member}`,
    )
    .replaceAll(/\bimport\("([^"]+)"\)/g, (_, path) => `Promise.resolve(${imported(path)})`);
  return `// Made from api.routes.ts by \`npm run routes -- static\`.\n${declarations.join("\n")}\n${text}`;
}

/** Returns which file `#routes` names: `static`, `on-demand`, or undefined for another file. */
export function choiceIn(project) {
  const target = JSON.parse(readFileSync(join(project, "package.json"), "utf8")).imports["#routes"];
  return { [`./${ON_DEMAND}`]: "on-demand", [`./${STATIC}`]: "static" }[target];
}

/** Sets `#routes`, and writes or removes the static file. */
export function choose(project, choice) {
  const manifest = join(project, "package.json");
  const target = choice === "static" ? STATIC : ON_DEMAND;
  const before = readFileSync(manifest, "utf8");
  writeFileSync(manifest, before.replace(/("#routes": )"[^"]*"/, `$1"./${target}"`));
  if (choice === "static") {
    writeFileSync(join(project, STATIC), staticRoutes(readFileSync(join(project, ON_DEMAND), "utf8")));
  } else rmSync(join(project, STATIC), { force: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [choice] = process.argv.slice(2);
  if (choice !== "static" && choice !== "on-demand") {
    console.error("usage: npm run routes -- static|on-demand");
    process.exit(2);
  }
  choose(resolve("."), choice);
  console.log(`package.json: #routes is ${choice}`);
}
