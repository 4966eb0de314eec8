/** The environment variables that functions see. */
import { editEnvFile, readEnvFile, readValidEnvFile } from "./envFile";

/** What configures the official tools; functions have no use for it, and the admin key must not reach them. */
const FOR_TOOLS = /^CONVEX_(SELF_HOSTED_|DEPLOY)/;

/** What `npx convex dev` writes for a frontend: the address of the deployment that it has configured. */
const CLIENT_URL = /^(?:[A-Z]+_)*CONVEX_URL$/;

export type Variables = ReadonlyMap<string, string>;

/** The env file as it is by now. */
export interface Renewal {
  /** What functions would see. */
  readonly variables: Variables;
  /** Whose values those are that differ, sorted. */
  readonly names: readonly string[];
  /** Makes them count. */
  readonly take: () => void;
}

/**
 * Where the variables come from: what the runtime sets itself, over that the host's environment, over that the env file.
 * The last is what the operator changes, with an editor or with `npx convex env`.
 */
export class Environment {
  readonly #host: Variables;
  readonly #file: string | null;
  #builtIn: Variables = new Map();
  #set: Variables;

  /** @param file may be missing. `null` for none. @throws Error that names the file if it cannot be read. */
  constructor(host: Readonly<Record<string, string | undefined>>, file: string | null) {
    const given = Object.entries(host).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    this.#host = new Map(withoutTools(given));
    this.#file = file;
    this.#set = this.#read();
  }

  /**
   * Says what the runtime sets: `CONVEX_SITE_URL` and `CONVEX_CLOUD_URL`. The host and the file may override it: behind a
   * proxy the public origin differs from the one that the server listens on.
   */
  setBuiltIn(builtIn: Readonly<Record<string, string>>): void {
    this.#builtIn = new Map(Object.entries(builtIn));
  }

  /** What functions see. */
  get variables(): Variables {
    return this.#over(this.#set);
  }

  /** Where clients reach the API port, without a trailing slash. */
  get cloudUrl(): string {
    return (this.variables.get("CONVEX_CLOUD_URL") ?? "").replace(/\/+$/, "");
  }

  /** What the env file sets, as it is now. */
  listed(): Variables {
    return this.#read();
  }

  /** What functions would see after these changes. */
  preview(changes: ReadonlyMap<string, string | null>): Variables {
    return this.#over(changed(this.#read(), changes));
  }

  /** Writes the changes to the env file. @throws Error if they cannot be written there; then nothing has changed. */
  change(changes: ReadonlyMap<string, string | null>): void {
    if (this.#file === null)
      throw new Error("This server was started without an env file that could hold variables.");
    editEnvFile(this.#file, changes);
    this.#set = this.#read();
  }

  /** Reads the file again, which may have been edited. @throws Error that names file and line for one that sets nothing. */
  renewal(): Renewal {
    const set = this.#file === null ? this.#set : ours(readValidEnvFile(this.#file));
    const before = this.variables;
    const variables = this.#over(set);
    const names = [...new Set([...before.keys(), ...variables.keys()])];
    return {
      variables,
      names: names.filter((name) => before.get(name) !== variables.get(name)).sort(),
      take: () => void (this.#set = set),
    };
  }

  /** True for names that are not the operator's to set. */
  isBuiltIn(name: string): boolean {
    return this.#builtIn.has(name) || FOR_TOOLS.test(name);
  }

  #read(): Variables {
    return this.#file === null ? new Map() : ours(readEnvFile(this.#file));
  }

  #over(set: Variables): Variables {
    return new Map([...this.#builtIn, ...this.#host, ...set]);
  }
}

/**
 * The `CONVEX_SITE_URL` of an env file if it belongs to another deployment: the command line writes it beside
 * `CONVEX_URL`. Links built on it would lead a local client to that deployment.
 */
export function foreignSiteUrl(file: Variables): string | undefined {
  const url = file.get("CONVEX_SITE_URL");
  if (url === undefined || !URL.canParse(url)) return undefined;
  const configured = [...file.keys()].some((name) => CLIENT_URL.test(name) || name === "CONVEX_DEPLOYMENT");
  return configured || new URL(url).hostname.endsWith(".convex.site") ? url : undefined;
}

/** What an env file sets for this server's functions. */
function ours(file: Variables): Variables {
  const set = new Map(withoutTools(file));
  if (foreignSiteUrl(file) !== undefined) set.delete("CONVEX_SITE_URL");
  return set;
}

function withoutTools(variables: Iterable<readonly [string, string]>): (readonly [string, string])[] {
  return [...variables].filter(([name]) => !FOR_TOOLS.test(name));
}

function changed(variables: Variables, changes: ReadonlyMap<string, string | null>): Variables {
  const after = new Map(variables);
  for (const [name, value] of changes) {
    if (value === null) after.delete(name);
    else after.set(name, value);
  }
  return after;
}
