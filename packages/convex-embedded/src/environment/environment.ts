/** The environment variables that functions see. */
import { editEnvFile, readEnvFile, readValidEnvFile } from "./envFile";

/** Variables that configure the official tools. They include the admin key, which must not reach functions. */
const TOOL_VARIABLES = /^CONVEX_(SELF_HOSTED_|DEPLOY)/;

/** Variables that `npx convex dev` writes for a frontend: the URL of the deployment that it has configured. */
const CLIENT_URL = /^(?:[A-Z]+_)*CONVEX_URL$/;

export type Variables = ReadonlyMap<string, string>;

/** The result of reading the env file again. */
export interface Renewal {
  /** The variables that functions would see. */
  readonly variables: Variables;
  /** The names of variables whose values differ, sorted. */
  readonly names: readonly string[];
  /** Applies the new variables. */
  readonly take: () => void;
}

/**
 * Merges the sources of variables. The env file overrides the host's environment, which overrides the runtime's own values. The
 * operator changes the env file with an editor or with `npx convex env`.
 */
export class Environment {
  readonly #host: Variables;
  readonly #file: string | null;
  #builtIn: Variables = new Map();
  #set: Variables;

  /** @param file The env file, which may be missing, or `null`. @throws Error that names the file if it cannot be read. */
  constructor(host: Readonly<Record<string, string | undefined>>, file: string | null) {
    const given = Object.entries(host).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    this.#host = new Map(withoutTools(given));
    this.#file = file;
    this.#set = this.#read();
  }

  /**
   * Sets the runtime's own values: `CONVEX_SITE_URL` and `CONVEX_CLOUD_URL`. The host and the file may override them: behind a
   * proxy, the public origin differs from the origin that the server listens on.
   */
  setBuiltIn(builtIn: Readonly<Record<string, string>>): void {
    this.#builtIn = new Map(Object.entries(builtIn));
  }

  /** The variables that functions see. */
  get variables(): Variables {
    return this.#over(this.#set);
  }

  /** The URL of the API port for clients, without a trailing slash. */
  get cloudUrl(): string {
    return (this.variables.get("CONVEX_CLOUD_URL") ?? "").replace(/\/+$/, "");
  }

  /** Reads the variables of the env file. */
  listed(): Variables {
    return this.#read();
  }

  /** Returns the variables that functions would see after these changes. */
  preview(changes: ReadonlyMap<string, string | null>): Variables {
    return this.#over(changed(this.#read(), changes));
  }

  /** Writes the changes to the env file. @throws Error if that fails. Nothing has changed then. */
  change(changes: ReadonlyMap<string, string | null>): void {
    if (this.#file === null)
      throw new Error(
        "This server was started without an env file, so it cannot store variables. Set them in the server's environment.",
      );
    editEnvFile(this.#file, changes);
    this.#set = this.#read();
  }

  /** Reads the env file again, in case it was edited. @throws Error that names the file and each broken line. */
  renewal(): Renewal {
    const set = this.#file === null ? this.#set : ownVariables(readValidEnvFile(this.#file));
    const before = this.variables;
    const variables = this.#over(set);
    const names = [...new Set([...before.keys(), ...variables.keys()])];
    return {
      variables,
      names: names.filter((name) => before.get(name) !== variables.get(name)).sort(),
      take: () => void (this.#set = set),
    };
  }

  /** True for names that the operator cannot set. */
  isBuiltIn(name: string): boolean {
    return this.#builtIn.has(name) || TOOL_VARIABLES.test(name);
  }

  #read(): Variables {
    return this.#file === null ? new Map() : ownVariables(readEnvFile(this.#file));
  }

  #over(set: Variables): Variables {
    return new Map([...this.#builtIn, ...this.#host, ...set]);
  }
}

/**
 * Returns the `CONVEX_SITE_URL` of an env file if it belongs to another deployment: the command line of `convex` writes it next to
 * `CONVEX_URL`. Links with that URL would send a local client to the other deployment.
 */
export function foreignSiteUrl(file: Variables): string | undefined {
  const url = file.get("CONVEX_SITE_URL");
  if (url === undefined || !URL.canParse(url)) return undefined;
  const configured = [...file.keys()].some((name) => CLIENT_URL.test(name) || name === "CONVEX_DEPLOYMENT");
  return configured || new URL(url).hostname.endsWith(".convex.site") ? url : undefined;
}

/** Returns the variables of an env file that apply to this server's functions. */
function ownVariables(file: Variables): Variables {
  const set = new Map(withoutTools(file));
  if (foreignSiteUrl(file) !== undefined) set.delete("CONVEX_SITE_URL");
  return set;
}

function withoutTools(variables: Iterable<readonly [string, string]>): (readonly [string, string])[] {
  return [...variables].filter(([name]) => !TOOL_VARIABLES.test(name));
}

function changed(variables: Variables, changes: ReadonlyMap<string, string | null>): Variables {
  const after = new Map(variables);
  for (const [name, value] of changes) {
    if (value === null) after.delete(name);
    else after.set(name, value);
  }
  return after;
}
