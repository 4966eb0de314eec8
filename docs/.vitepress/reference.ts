/** The OpenAPI reference as a page of the site, at `/reference/`. */
import { createReadStream, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UserConfig } from "vitepress";
import { referenceScript, writeSite } from "../../openapi/staticSite";

/** Writes the reference to a folder. @throws Error when its script is not installed and cannot be fetched. */
export function writeReference(out: string): void {
  writeSite({ out, document: "openapi/openapi.json", script: referenceScript() });
}

type Plugins = NonNullable<NonNullable<UserConfig["vite"]>["plugins"]>;

/** Serves the reference while `npm run docs:dev` runs. It is written once, at the start. */
export const referenceInDev: Plugins[number] = {
  name: "reference",
  apply: "serve",
  configureServer({ middlewares }) {
    const out = mkdtempSync(join(tmpdir(), "reference-"));
    writeReference(out);
    const types = {
      "index.html": "text/html; charset=utf-8",
      "openapi.json": "application/json",
      "scalar.js": "text/javascript; charset=utf-8",
    };
    middlewares.use("/reference", (request, response, next) => {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      const name = pathname.slice(1) || "index.html";
      const type = Object.entries(types).find(([file]) => file === name)?.[1];
      if (type === undefined) {
        next();
        return;
      }
      response.setHeader("Content-Type", type);
      createReadStream(join(out, name)).pipe(response);
    });
  },
};
