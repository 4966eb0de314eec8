/** Looks at this checkout, or at a running deployment, and says what to do: `npm run doctor -- --help`. */
import { parseArgs } from "node:util";
import { checkout } from "./checkout";
import { deployment } from "./deployment";
import { reasonOf, type Section } from "./finding";
import { asJson, asText, hasProblems } from "./report";

const USAGE = `npm run doctor -- [options]

Without --url it looks at this checkout: Node and packages, settings, what npx convex talks to, the modules, types and
bundle of a push, generated files. It writes nothing into the tree.

  --settings FILE  the settings to look at, in the place of .env.local and the environment. For those of a deployment:
                   npx convex env list --include-values > FILE
  --url URL        looks at a running deployment instead, from outside
  --key KEY        with --url: a key to try (or DOCTOR_KEY in the environment)
  --origin ORIGIN  with --url: a page's origin that has to be allowed; may be given several times
  --json           prints the findings as JSON

It ends with 1 if there is a problem, with 0 if there is none; warnings do not count.
`;

const TEXT = { type: "string" } as const;

function options() {
  const flags = { json: { type: "boolean" }, help: { type: "boolean" } } as const;
  const texts = { url: TEXT, key: TEXT, settings: TEXT, origin: { ...TEXT, multiple: true } } as const;
  return parseArgs({ options: { ...texts, ...flags } }).values;
}

async function main(): Promise<number> {
  const { url, origin, json, help, settings: envFile, key = process.env["DOCTOR_KEY"] } = options();
  if (help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const project = process.cwd();
  if (url !== undefined && !/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ""))
    throw new Error(`--url takes an address that begins with https://, not '${url}'`);
  const sections: Section[] =
    url === undefined
      ? await checkout({ project, host: process.env, envFile })
      : await deployment({ url: new URL(url), project, key, origins: origin, envFile });
  const subject = url ?? project;
  process.stdout.write(json ? asJson(subject, sections) : asText(subject, sections));
  return hasProblems(sections) ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n\n${USAGE}`);
  process.exitCode = 2;
}
