/**
 * Starts the functions on the embedded runtime, and then the page. Both reload when their sources change.
 *
 * Run it with `npm start`: npm puts the command `convex-embedded` into the path. Without `--` before this file, Node 20 would read
 * `--env-file` as its own option.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createServer } from "vite";

const { values } = parseArgs({
  options: {
    "page-port": { type: "string", default: "5174" },
    // Not the default ports, so that the API of this repository can run at the same time.
    "api-port": { type: "string", default: "3220" },
    port: { type: "string", default: "3221" },
    data: { type: "string", default: ".convex-embedded" },
    "env-file": { type: "string", default: ".env.local" },
  },
});
const { "page-port": pagePort, ...ofFunctions } = values;

const options = Object.entries(ofFunctions).flatMap(([name, value]) => [`--${name}`, value]);
const functions = spawn("convex-embedded", ["start", "--watch", ...options], {
  cwd: import.meta.dirname,
  stdio: ["ignore", "pipe", "inherit"],
  // On Windows the command is a batch file.
  shell: process.platform === "win32",
});
functions.on("exit", (code) => process.exit(code ?? 1));
process.on("exit", () => functions.kill());
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => functions.kill(signal));

for await (const line of createInterface({ input: functions.stdout })) {
  console.log(line);
  if (line.startsWith("ready")) await startPage();
}

async function startPage() {
  process.env.VITE_CONVEX_URL = `http://127.0.0.1:${values["api-port"]}`;
  const page = await createServer({
    configFile: fileURLToPath(new URL("vite.config.ts", import.meta.url)),
    server: { port: Number(pagePort) },
  });
  await page.listen();
  page.printUrls();
}
