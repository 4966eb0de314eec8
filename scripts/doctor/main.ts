/** Checks this checkout or a running deployment, and prints problems with their remedies: `npm run doctor -- --help`. */
import { parseArgs } from "node:util";
import { checkout } from "./checkout";
import { deployment } from "./deployment";
import { reasonOf, type Section } from "./finding";
import { asJson, asText, hasProblems } from "./report";

const USAGE = `npm run doctor -- [options]

Without --url, the doctor checks this checkout: Node and packages, settings, the deployment that npx convex uses, the
modules, types and bundle of a push, and the generated files. It does not change any file.

  --settings FILE  reads the settings from FILE instead of .env.local and the environment. To check a deployment's settings:
                   npx convex env list --include-values > FILE
  --url URL        checks a running deployment from outside instead
  --key KEY        with --url: also checks this API key (or DOCTOR_KEY in the environment)
  --origin ORIGIN  with --url: also checks that pages of this origin may call; can be repeated
  --json           prints the findings as JSON

Exit codes: 0 without a problem, 1 with a problem, 2 for wrong options. Warnings do not count as problems.
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
    throw new Error(`--url must begin with https:// or http://, not '${url}'`);
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
