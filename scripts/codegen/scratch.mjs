import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

/** The code of a push in files of their own, because only files can be evaluated that import each other. */
export class Scratch {
  #directory = mkdtempSync(join(tmpdir(), "convex-codegen-"));

  constructor() {
    writeFileSync(join(this.#directory, "package.json"), '{ "type": "module" }');
  }

  /** Writes a file into the folder that a component has for its code of this kind. Answers where it is. */
  write(component, kind, file, contents) {
    const folder = Buffer.from(component).toString("base64url") || "app";
    const path = join(this.#directory, kind, folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
    return path;
  }

  /** Evaluates a file that has been written. Answers what it exports. */
  load(path) {
    return import(pathToFileURL(path).href);
  }

  remove() {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
