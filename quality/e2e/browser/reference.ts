/** The API with its reference page, whose script it serves itself. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer, type EmbeddedServer } from "convex-embedded/testing/server";
import scalar from "../../../openapi/scalar.json";

export type Reference = {
  api: EmbeddedServer;
  /** A directory for the files of the test. It is deleted at the end. */
  directory: string;
  close: () => Promise<void>;
};

export async function startReference(): Promise<Reference> {
  const project = process.cwd();
  execFileSync(process.execPath, ["scripts/reference.mjs"]);
  const directory = mkdtempSync(join(tmpdir(), "browser-"));
  const file = join(project, scalar.copy);
  const script = { path: "/docs/scalar.js", file, type: "text/javascript; charset=utf-8", etag: '"1"' };
  const env = { DOCS_SCRIPT_URL: script.path };
  const api = await startServer({ project, data: join(directory, "data"), port: 0, assets: [script], env });
  return {
    api,
    directory,
    close: async () => {
      await api.close();
      rmSync(directory, { recursive: true });
    },
  };
}
