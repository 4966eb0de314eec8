/** The server under test: a process that the run kills, restarts and pushes indexes to. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Sources } from "../../packages/convex-embedded/fixtures/pushing";
import { definitionImport, Pusher, pushRequest } from "../../packages/convex-embedded/fixtures/pushing";
import { existingAdminKey } from "../../packages/convex-embedded/src/protocol/adminKey";
import { freePort } from "../lib/freePort";
import { ServerProcess } from "../lib/server";

const PROJECT = "quality/serializability/project";
const SECOND_INDEX = "by_key_again";

export class TestServer {
  /** The address of functions. It stays the same after a restart. */
  readonly apiUrl: string;
  /** The indexes of `rows` that queries may use. */
  indexes: readonly string[] = ["by_key"];
  /** Completed pushes and kills. */
  pushes = 0;
  kills = 0;
  #process: ServerProcess;
  #ready: Promise<void> = Promise.resolve();

  private constructor(
    private readonly directory: string,
    port: number,
    process: ServerProcess,
  ) {
    this.apiUrl = `http://127.0.0.1:${port}`;
    this.#process = process;
  }

  /** Starts a server in a new data directory. @param program the bundled `server.child.ts`. */
  static async start(program: string): Promise<TestServer> {
    const directory = mkdtempSync(join(tmpdir(), "serializability-"));
    const project = join(directory, "project");
    cpSync(PROJECT, project, { recursive: true });
    symlinkSync(resolve("node_modules"), join(project, "node_modules"));
    const apiPort = await freePort();
    const process = await ServerProcess.start({
      command: [globalThis.process.execPath, program],
      cwd: project,
      data: join(directory, "data"),
      apiPort,
    });
    return new TestServer(directory, apiPort, process);
  }

  /** Resolves when the server accepts calls. */
  ready(): Promise<void> {
    return this.#ready;
  }

  /** Kills the server and starts it again. */
  async restart(): Promise<void> {
    const restarted = this.#process.restart();
    this.#ready = restarted.then(() => undefined);
    this.#process = await restarted;
    this.kills++;
  }

  /** Pushes functions as Convex's command line does, with an index that the schema in service does not have, or without it. */
  async pushIndex(): Promise<void> {
    const adding = this.indexes.length === 1;
    // Queries in progress may still use the index, which the push then removes.
    if (!adding) this.indexes = ["by_key"];
    const { app, ledger } = sources(adding);
    const adminKey = existingAdminKey(join(this.directory, "data"));
    const request = await pushRequest(app, { ledger });
    await this.#ready;
    const pushed = await new Pusher({ apiUrl: this.apiUrl, adminKey }).push(request).then(
      () => true,
      (error: unknown) => {
        // A TypeError of `fetch`: the server was killed.
        if (error instanceof TypeError) return false;
        throw error;
      },
    );
    if (!pushed) return;
    this.pushes++;
    if (adding) this.indexes = ["by_key", SECOND_INDEX];
  }

  async stop(): Promise<void> {
    await this.#process.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Returns the project's sources for a push. @param again whether the schema has the second index. */
function sources(again: boolean): Record<"app" | "ledger", Sources> {
  const read = (file: string): string => readFileSync(join(PROJECT, "convex", file), "utf8");
  const schema = read("schema.ts");
  const changed = schema.replace(
    /(rows: .*\.index\("by_key", \["key"\]\))/,
    `$1.index("${SECOND_INDEX}", ["key", "kind"])`,
  );
  if (changed === schema) throw new Error("The schema has no rows with the index by_key");
  return {
    app: {
      "convex.config.js": read("convex.config.ts").replace(
        "./ledger/convex.config",
        definitionImport("ledger"),
      ),
      "schema.js": again ? changed : schema,
      "transactions.js": read("transactions.ts"),
    },
    ledger: {
      "convex.config.js": read("ledger/convex.config.ts"),
      "schema.js": read("ledger/schema.ts"),
      "rows.js": read("ledger/rows.ts"),
    },
  };
}
