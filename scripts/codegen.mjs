/**
 * Writes `convex/_generated/` as the official CLI writes it for a deployment, without one: `node scripts/codegen.mjs [DIR]`.
 *
 * `convex codegen` asks a deployment to analyze the code before it writes types. Here that is a server of this process,
 * which answers the two requests it needs and evaluates what they contain: component definitions, and the functions of
 * components whose sources are in the project. The app's own functions are not evaluated; their types come from their
 * sources. Nothing leaves the machine, and the same sources give the same files.
 */
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { generated, outcome } from "./codegen/generated.mjs";
import { startPush } from "./codegen/push.mjs";
import { Scratch } from "./codegen/scratch.mjs";

const project = resolve(process.argv[2] ?? ".");
const scratch = new Scratch();
const server = createServer((request, response) => {
  answer(request).then(
    (body) => response.setHeader("content-type", "application/json").end(JSON.stringify(body)),
    (error) => {
      // The CLI repeats requests that fail with a 5xx.
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ code: "CodegenFailed", message }));
    },
  );
});
try {
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const before = generated(project);
  process.exitCode = await runCli(`http://127.0.0.1:${server.address().port}`);
  if (process.exitCode === 0) console.log(outcome(before, generated(project)));
} finally {
  server.close();
  server.closeAllConnections();
  scratch.remove();
}

/** Runs the official command; resolves with its exit code. Its output is shown only if it fails. */
function runCli(url) {
  const require = createRequire(join(project, "package.json"));
  const main = join(dirname(require.resolve("convex/package.json")), "bin", "main.js");
  const options = ["--url", url, "--admin-key", "codegen", "--typecheck", "disable"];
  const cli = spawn(process.execPath, [main, "codegen", ...options], {
    cwd: project,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "1" },
  });
  let output = "";
  cli.stdout.on("data", (chunk) => (output += chunk));
  cli.stderr.on("data", (chunk) => (output += chunk));
  return new Promise((done, fail) => {
    cli.on("error", fail);
    cli.on("close", (code) => {
      if (code !== 0) process.stderr.write(output);
      done(code ?? 1);
    });
  });
}

async function answer(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const text = (
    request.headers["content-encoding"] === "br" ? brotliDecompressSync(bytes) : bytes
  ).toString();
  switch (request.url) {
    case "/api/get_config_hashes":
      return { config: { functions: "convex/" }, moduleHashes: [], nodeDependencies: [] };
    case "/api/deploy2/start_push":
      return startPush(JSON.parse(text), { project, scratch });
    default:
      throw new Error(
        `codegen needs ${request.method} ${request.url}, which scripts/codegen.mjs does not answer`,
      );
  }
}
