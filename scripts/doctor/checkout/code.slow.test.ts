/** The doctor finds faults that are planted in the code of a checkout, and reports none without them. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { bundle } from "./bundle";
import { generated } from "./generated";
import { modules } from "./modules";
import { contents, copy, folder, lines, root } from "./planting.testing";
import { types } from "./types";

// The official CLI takes seconds, more on a loaded machine.
vi.setConfig({ testTimeout: 600_000 });

const FUNCTION =
  'import { query } from "./_generated/server";\nexport const a = query({ handler: () => 1 });\n';

describe("modules", () => {
  test("of this project all register a function", () => {
    expect(lines(modules(root))).toEqual([expect.stringMatching(/^ok \d\d modules → $/)]);
  });

  test("a helper with one dot in its name gets a warning and the name to use", () => {
    const project = folder({
      "convex/a.ts": FUNCTION,
      "convex/dates.ts": "export function today(): number {\n  return 1;\n}\n",
      "convex/times.lib.ts": "export const now = 1;\n",
    });
    expect(lines(modules(project))).toEqual([
      "warning convex/dates.ts is deployed as a module but registers no function → Rename it to dates.lib.ts: a file with two dots in its name is not deployed as a module.",
    ]);
  });

  test("a hyphen in a name and a file in actions/ are reported separately, and a file for Node is accepted", () => {
    const project = folder({
      "convex/my-items.ts": FUNCTION,
      "convex/actions/send.ts": FUNCTION,
      "convex/node.ts": `"use node";\n${FUNCTION}`,
    });
    expect(lines(modules(project))).toEqual([
      expect.stringMatching(/^problem convex\/actions\/send\.ts: .*actions\//),
      expect.stringMatching(/^problem convex\/my-items\.ts: .* → Rename or move the file/),
    ]);
  });
});

describe("the bundle", () => {
  test("of this project is within the limits", async () => {
    expect(lines(await bundle(root))).toEqual([expect.stringMatching(/^ok .* each request loads .*no Node/)]);
  });

  test("over a limit is reported with the limit", async () => {
    expect(lines(await bundle(root, { all: 2048, http: 1024 }))).toEqual([
      expect.stringMatching(/^problem The bundle has .*, but Convex accepts at most 2 KiB/),
    ]);
    expect(lines(await bundle(root, { all: 2 ** 25, http: 1024 }))).toEqual([
      expect.stringMatching(/^warning Each request loads/),
    ]);
  });

  test("with a Node built-in is reported with file and line, with and without the node: prefix", async () => {
    const text = `import { readFileSync } from "node:fs";\nimport path from "path";\n${FUNCTION}export const b = [readFileSync, path];\n`;
    const project = copy({ "convex/disk.ts": text });
    expect(lines(await bundle(project))).toEqual([
      expect.stringMatching(/^problem convex\/disk\.ts:1 imports node:fs, a Node built-in/),
      expect.stringMatching(/^problem convex\/disk\.ts:2 imports path, a Node built-in/),
    ]);
  });

  test("that fails to build is reported with esbuild's message", async () => {
    const project = copy({ "convex/broken.ts": "export const = 1;\n" });
    expect(lines(await bundle(project))[0]).toMatch(/^problem convex\/broken\.ts:1: Expected identifier/);
  });
});

describe("the type check of a push", () => {
  test("passes in this project", async () => {
    expect(lines(await types(root))).toEqual(["ok the functions pass the type check of a push → "]);
  });

  test("needs its configuration, because the Convex CLI would write another one", async () => {
    const project = copy();
    rmSync(join(project, "convex/tsconfig.json"));
    expect(lines(await types(project))).toEqual([
      expect.stringMatching(/^problem convex\/tsconfig\.json is missing: .* → Restore it/),
    ]);
  });

  test("shows the first errors by file and line, and counts the others", async () => {
    const wrong = Array.from({ length: 7 }, (_, at) => `export const a${at}: string = ${at};\n`).join("");
    const project = copy({ "convex/wrong.lib.ts": wrong });
    const found = lines(await types(project));
    expect(found[0]).toMatch(/^problem convex\/wrong\.lib\.ts\(1,14\): error TS2322: .* → Correct the error/);
    expect(found).toHaveLength(6);
    expect(found[5]).toMatch(/^problem 2 more type errors → /);
  });
});

describe("generated files", () => {
  test("of this project are up to date", async () => {
    expect(lines(await generated(root))).toEqual([expect.stringMatching(/^ok /)]);
  });

  test("that are out of date are reported with the command, and left unchanged", async () => {
    const project = copy({
      "convex/added.ts": FUNCTION,
      "openapi/description.md": "Another text.\n",
      "openapi/example/api.d.ts": "export {};\n",
    });
    const before = contents(project);
    expect(lines(await generated(project))).toEqual([
      "problem Function types are out of date: convex/_generated/api.d.ts → Run `npm run codegen`.",
      "problem openapi/openapi.json is out of date: it does not match the contracts → Run `npm run openapi`.",
      "warning openapi/example/api.d.ts is out of date: it does not match openapi/openapi.json → Run `npm run openapi:client`.",
    ]);
    expect(contents(project)).toEqual(before);
  });

  test("that cannot be generated are reported with the reason", async () => {
    const project = copy({ "convex/http/items/items.contract.ts": "export const = 1;\n" });
    const found = lines(await generated(project));
    expect(found).toContainEqual(
      expect.stringMatching(/^problem The OpenAPI document cannot be generated: .*Expected identifier/),
    );
    expect(found).toContainEqual(expect.stringMatching(/^problem The function types cannot be generated/));
  });
});
