/** The compiler options that the API's functions need, in the `tsconfig.json` of the functions. */
import { objectIn, withMembers } from "./json";

const NEEDED: Readonly<Record<string, unknown>> = {
  strict: true,
  module: "ESNext",
  moduleResolution: "Bundler",
  resolveJsonModule: true,
  skipLibCheck: true,
};
/** The API uses `toSorted`, `isWellFormed`, and iterators of the platform's lists. */
const LIBRARIES = ["ES2023", "ES2024.String", "DOM", "DOM.Iterable"];

const FRESH = {
  compilerOptions: {
    allowJs: true,
    ...NEEDED,
    jsx: "react-jsx",
    target: "ESNext",
    lib: LIBRARIES,
    types: ["node"],
    forceConsistentCasingInFileNames: true,
    isolatedModules: true,
    noEmit: true,
  },
  include: ["./**/*"],
  exclude: ["./_generated"],
};

/** Returns the file with the options that the API needs. Options that suffice already stay as they are. */
export function withCompilerOptions(text: string | undefined): string {
  if (text === undefined) return `${JSON.stringify(FRESH, null, 2)}\n`;
  const options = (objectIn("tsconfig.json", text)["compilerOptions"] ?? {}) as Record<string, unknown>;
  const changes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(NEEDED))
    if (String(options[name]).toLowerCase() !== String(value).toLowerCase() && !suffices(name, options[name]))
      changes[name] = value;
  const lib = withLibraries(options["lib"]);
  if (lib) changes["lib"] = lib;
  // Without a list, TypeScript 6 includes no types of packages.
  const types = options["types"];
  if (!Array.isArray(types)) changes["types"] = ["node"];
  else if (!types.includes("node")) changes["types"] = [...(types as unknown[]), "node"];
  return withMembers(text, ["compilerOptions"], changes);
}

/** Other values that serve as well. */
const suffices = (name: string, value: unknown): boolean =>
  name === "module" && /^(es2022|preserve)$/i.test(String(value));

/** Returns the list with the missing libraries, or undefined if none is missing. */
function withLibraries(value: unknown): string[] | undefined {
  const known = Array.isArray(value) ? value.map(String) : [];
  const has = (name: string) => known.some((other) => other.toLowerCase() === name.toLowerCase());
  const missing = LIBRARIES.filter((name) => !has(name) && !(name.startsWith("ES") && has("ESNext")));
  const base = known.filter((name) => !/^es(5|6|20(1\d|2[0-2]))$/i.test(name) || missing.length === 0);
  return missing.length === 0 ? undefined : [...base, ...missing];
}
