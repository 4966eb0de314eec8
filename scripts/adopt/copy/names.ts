/** The names that the API has in an app: its title and version, the prefix of its keys, and its user agent. */
export type Names = {
  /** The title of the document. */
  readonly title: string;
  /** The version of the HTTP contract. */
  readonly version: string;
  /** The prefix of keys: letters, digits and one `_` at the end. */
  readonly keyPrefix: string;
};

/** A replacement. `times` is how often the file has the text; the default is 1. */
type Change = { readonly before: string; readonly after: (names: Names) => string; readonly times?: number };

/** The lines with names, by file. docs/guides/rename-the-api.md describes the same changes. */
const CHANGES: Readonly<Record<string, Change>> = {
  "convex/http/system/system.contract.ts": {
    before: 'export const API = { name: "convex-hono-api", version: "1.0.0" };',
    after: ({ title, version }) =>
      `export const API = { name: ${JSON.stringify(title)}, version: ${JSON.stringify(version)} };`,
  },
  "convex/identity/apiKey.lib.ts": {
    before: "cha_",
    after: ({ keyPrefix }) => keyPrefix,
    times: 2,
  },
  "convex/http/keys/keys.contract.ts": {
    before: 'key: "cha_4k2m9x7q1c8z_…"',
    after: ({ keyPrefix }) => `key: "${keyPrefix}4k2m9x7q1c8z_…"`,
  },
  "convex/outgoing/request.lib.ts": {
    before: 'const USER_AGENT = "convex-hono-api-webhooks/1";',
    after: ({ title }) => `const USER_AGENT = "${slug(title)}-webhooks/1";`,
  },
  "openapi/description.md": {
    before: "A REST API on [Convex](https://convex.dev). Requests and responses are JSON.",
    after: ({ title }) =>
      `${title}: a REST API on [Convex](https://convex.dev). Requests and responses are JSON.`,
  },
};

/** Returns a file with the names of the app. @throws Error if the file does not have the name as often as `CHANGES` says. */
export function renamed(file: string, text: string, names: Names): string {
  const change = CHANGES[file];
  if (!change) return text;
  const { before, after, times = 1 } = change;
  if (text.split(before).length !== times + 1)
    throw new Error(`${file} does not have this ${times} times: ${before}`);
  return text.replaceAll(before, () => after(names));
}

/** Returns a text for headers: lower-case letters, digits and hyphens. */
const slug = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "") || "api";

/** Returns the names that an app gets unless its options say otherwise. @param name the name in its `package.json`. */
export function defaultNames(name: string): Names {
  const words = (name.split("/").at(-1) ?? "").split(/[^a-zA-Z0-9]+/).filter((word) => word !== "");
  const title = [...words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)), "API"].join(" ");
  const prefix = words
    .join("")
    .toLowerCase()
    .replace(/^[0-9]+/, "")
    .slice(0, 12);
  return { title, version: "1.0.0", keyPrefix: `${prefix || "api"}_` };
}
