import { parseArgs } from "node:util";
import { ALWAYS, PART_NAMES, PARTS, type PartName } from "./parts";
import { Refusal } from "./refusal";

export const USAGE = `usage: npm run adopt -- APP [options]

Copies the API into an existing Convex app. APP is the folder of the app. Files of the app are never overwritten.

  --with PARTS        the parts, separated by commas (default: all)
  --name TITLE        the title of the API (default: the app's name and "API")
  --key-prefix TEXT   the prefix of its keys: letters, digits and one _ at the end (default: from the app's name)
  --api-version TEXT  the version of its contract (default: 1.0.0)
  --folder NAME       the folder of its functions, below those of the app (default: api)
  --tools NAME        the folder of its document and programs (default: rest-api)
  --update            brings an app that has the API up to date, with a three-way merge
  --no-install        only writes files: does not install packages or generate code
  --dry-run           only prints what would change

Parts:
${PART_NAMES.map((name) => `  ${name.padEnd(20)}${PARTS[name].title}`).join("\n")}
  ${ALWAYS.join(", ").padEnd(20)}always copied
`;

export type Options = {
  readonly app: string;
  readonly parts: readonly PartName[] | undefined;
  readonly title: string | undefined;
  readonly keyPrefix: string | undefined;
  readonly version: string | undefined;
  readonly folder: string | undefined;
  readonly tools: string | undefined;
  readonly update: boolean;
  readonly install: boolean;
  readonly dryRun: boolean;
};

const TEXT = { type: "string" } as const;
const FLAG = { type: "boolean", default: false } as const;

/** Parses the command line. @returns null for `--help`. @throws Refusal if an option is unknown or invalid. */
export function parseOptions(args: string[]): Options | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const [app, ...others] = positionals;
  if (app === undefined || others.length > 0) throw new Refusal("Give the folder of one app.");
  return {
    app,
    parts: values.with === undefined ? undefined : partsIn(values.with),
    title: checked("--name", values.name, /\S/, "needs a title"),
    keyPrefix: checked(
      "--key-prefix",
      values["key-prefix"],
      /^[a-z0-9]+_$/i,
      "takes letters, digits and one _ at the end",
    ),
    version: checked(
      "--api-version",
      values["api-version"],
      /^\d+\.\d+\.\d+/,
      "takes a version such as 1.0.0",
    ),
    folder: checked(
      "--folder",
      values.folder,
      /^[a-z][A-Za-z0-9]*$/,
      "takes letters and digits, because it is a name in the code",
    ),
    tools: checked("--tools", values.tools, /^[\w-]+$/, "takes the name of a folder"),
    update: values.update,
    install: !values["no-install"],
    dryRun: values["dry-run"],
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...{ with: TEXT, name: TEXT, "key-prefix": TEXT, "api-version": TEXT, folder: TEXT, tools: TEXT },
        ...{ update: FLAG, "no-install": FLAG, "dry-run": FLAG, help: FLAG },
      },
    });
  } catch (error) {
    throw new Refusal((error as Error).message, { cause: error });
  }
}

function partsIn(list: string): PartName[] {
  const names = list.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !isPart(name) && !ALWAYS.includes(name));
  if (unknown.length > 0)
    throw new Refusal(
      `--with: unknown part ${unknown.join(", ")}. Known are ${[...PART_NAMES, ...ALWAYS].join(", ")}.`,
    );
  return names.filter(isPart);
}

const isPart = (name: string): name is PartName => (PART_NAMES as readonly string[]).includes(name);

function checked(
  option: string,
  value: string | undefined,
  form: RegExp,
  remedy: string,
): string | undefined {
  if (value === undefined || form.test(value)) return value;
  throw new Refusal(`${option} ${remedy}, not '${value}'.`);
}
