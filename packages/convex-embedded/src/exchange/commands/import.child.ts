/** `import.child.ts FILE DIRECTORY` imports FILE into DIRECTORY and replaces existing data. It prints progress lines. */
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
