/** Imports FILE into DIRECTORY, in the place of what is there: `import.child.ts FILE DIRECTORY`. Each line is progress. */
import { writeSync } from "node:fs";
import { withSystemTables } from "../../store/system/systemTables";
import { importSnapshot } from "./import";

const [, , file = "", directory = ""] = process.argv;
await importSnapshot({
  file,
  directory,
  mode: "replaceAll",
  schemas: [{ component: "", schema: withSystemTables(null) }],
  confirm: () => Promise.resolve(true),
  progress: (line) => writeSync(1, `${line}\n`),
});
writeSync(1, "imported\n");
