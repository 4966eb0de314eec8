/**
 * Popular generators take the document: their clients compile under `--strict` and work against the API, and imported
 * collections run. The versions are those of `package.json` beside this file, the newest for Node 20.19.
 */
import { join } from "node:path";
import { beforeAll, test } from "vitest";
import { startApi } from "./api.testing";
import { bundleClient, openWorkshop, run, runTool } from "./workshop";

let folder = "";
beforeAll(async () => {
  folder = await openWorkshop();
  for (const [tool, ...args] of Object.values(GENERATORS)) await runTool(folder, tool, args);
});

/** The command of each generator, by the name of its client in `clients/`. */
const GENERATORS: Record<string, [tool: string, ...args: string[]]> = {
  "openapi-fetch": ["openapi-typescript", "openapi.json", "-o", "out/openapi-fetch/api.d.ts"],
  "hey-api": ["openapi-ts", "-i", "openapi.json", "-o", "out/hey-api", "-c", "@hey-api/client-fetch"],
  orval: ["orval", "--config", "orval.config.cjs"],
  "swagger-typescript-api": [
    ...(["swagger-typescript-api", "generate", "-p", "openapi.json"] as const),
    ...["-o", "out/swagger-typescript-api", "-n", "api.ts"],
  ],
  "openapi-zod-client": ["openapi-zod-client", "openapi.json", "-o", "out/openapi-zod-client/api.ts"],
};

test.each(Object.keys(GENERATORS))("a client of %s makes a round trip", async (name) => {
  const { url, key } = await startApi();
  await run(folder, process.execPath, [await bundleClient(folder, name), url, key]);
});

test("the generated clients compile under --strict", async () => {
  const types = join(import.meta.dirname, "../../node_modules/@types");
  await runTool(folder, "tsc", ["-p", "tsconfig.json", "--typeRoots", types]);
});
