import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** Writes the code of a push to temporary files, because modules that import each other can only be evaluated as files. */
export class Scratch {
  #directory = mkdtempSync(join(tmpdir(), "convex-codegen-"));

  constructor() {
    writeFileSync(join(this.#directory, "package.json"), '{ "type": "module" }');
  }

  /** Writes a file into the folder of a component and kind of code. @returns its path. */
  write(component, kind, file, contents) {
    const folder = Buffer.from(component).toString("base64url") || "app";
    const path = join(this.#directory, kind, folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
    return path;
  }

  /** Evaluates a written file. @returns its exports. */
  load(path) {
    return import(pathToFileURL(path).href);
  }

  remove() {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
