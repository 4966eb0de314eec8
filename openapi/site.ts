/** Writes the reference as a static site: `npm run openapi:site [-- OUT] [--server URL]`. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { referenceScript, writeSite } from "./staticSite";

const USAGE = `usage: npm run openapi:site -- [OUT] [--server URL]

  OUT           the folder to write (default: openapi/site)
  --server URL  the URL of the API (default: the host of the site)
`;

const options = { server: { type: "string" }, help: { type: "boolean" } } as const;

function main(): void {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  if (values.server !== undefined && !/^https?:\/\//.test(values.server))
    throw new Error(`--server takes a URL such as https://api.example.com, not '${values.server}'`);
  const out = resolve(positionals[0] ?? "openapi/site");
  writeSite({ out, document: "openapi/openapi.json", script: referenceScript(), server: values.server });
  process.stdout.write(`${out}\n`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
  process.exitCode = 1;
}
