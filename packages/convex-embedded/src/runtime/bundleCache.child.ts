/** Bundles the project whose path it reads from each line, and answers with a hash of the code. */
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { bundleComponents } from "./components";

for await (const project of createInterface({ input: process.stdin })) {
  const hash = createHash("sha256");
  for (const [, { code }] of [...(await bundleComponents(project)).functions].sort()) hash.update(code);
  process.stdout.write(`${hash.digest("hex")}\n`);
}
