import { cpSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The file that registers the resources, and the line of the resource that is copied. */
const TABLE = "convex/http/api.routes.ts";

/**
 * Copies the part of the project that Convex bundles, and adds copies of the items resource to its routes.
 *
 * @param count The number of copies. The caller deletes the folder.
 * @returns The folder of the copy.
 */
export function copyWithMore(root: string, count: number): string {
  const copy = mkdtempSync(join(tmpdir(), "cold-"));
  for (const part of [
    "convex",
    "openapi/openapi.json",
    "openapi/scalar.json",
    "package.json",
    "tsconfig.json",
  ])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  let table = readFileSync(join(copy, TABLE), "utf8");
  const start = table.indexOf("  resource<typeof items>()(");
  const entry = table.slice(start, table.indexOf("\n  ),\n", start) + "\n  ),\n".length);
  if (start < 0) throw new Error(`${TABLE} does not register the items`);
  const added: string[] = [];
  for (let number = 1; number <= count; number++) {
    const name = `more${number}`;
    const folder = join(copy, "convex/http", name);
    mkdirSync(folder);
    for (const role of ["contract", "routes"]) {
      const text = readFileSync(join(copy, `convex/http/items/items.${role}.ts`), "utf8");
      writeFileSync(join(folder, `${name}.${role}.ts`), renamed(text, name));
    }
    added.push(renamed(entry, name));
  }
  table = table.slice(0, start) + added.join("") + table.slice(start);
  writeFileSync(join(copy, TABLE), table);
  return copy;
}

/** Renames the resource, its paths and its operations. Its functions stay those of the items, which only requests need. */
const renamed = (text: string, name: string): string =>
  text
    .replaceAll("/api/items", `/api/${name}`)
    .replaceAll("./items/items.", `./${name}/${name}.`)
    .replaceAll("./items.contract", `./${name}.contract`)
    .replaceAll(/\b(list|create|get|update|delete)(Items?)\b/g, `$1$2${name}`);
