/** What is planted into the code of a checkout is found, and where nothing is planted, nothing. */
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
  test("of this project all register something", () => {
    expect(lines(modules(root))).toEqual([expect.stringMatching(/^ok \d\d modules → $/)]);
  });

  test("a helper with one dot becomes one, and is told how to be none", () => {
    const project = folder({
      "convex/a.ts": FUNCTION,
      "convex/dates.ts": "export function today(): number {\n  return 1;\n}\n",
      "convex/times.lib.ts": "export const now = 1;\n",
    });
    expect(lines(modules(project))).toEqual([
      "warning convex/dates.ts becomes a module of the deployment, but registers no function → Call it dates.lib.ts: with two dots it is plain code.",
    ]);
  });

  test("a hyphen in a name, actions/ and Node are told, each file by itself", () => {
    const project = folder({
      "convex/my-items.ts": FUNCTION,
      "convex/actions/send.ts": FUNCTION,
      "convex/node.ts": `"use node";\n${FUNCTION}`,
    });
    expect(lines(modules(project))).toEqual([
      expect.stringMatching(/^problem convex\/actions\/send\.ts: Convex refuses files in actions\//),
      expect.stringMatching(/^problem convex\/my-items\.ts: Convex refuses this name/),
      expect.stringMatching(/^warning convex\/node\.ts is for Node/),
    ]);
  });
});

describe("the bundle", () => {
  test("of this project is within the limits", async () => {
    expect(lines(await bundle(root))).toEqual([
      expect.stringMatching(/^ok .* of which a request loads .*no Node/),
    ]);
  });

  test("over a limit is told, with the limit", async () => {
    expect(lines(await bundle(root, { all: 2048, http: 1024 }))).toEqual([
      expect.stringMatching(/^problem The bundle has .*, and Convex takes 2 KiB/),
    ]);
    expect(lines(await bundle(root, { all: 2 ** 25, http: 1024 }))).toEqual([
      expect.stringMatching(/^warning Every request loads/),
    ]);
  });

  test("a Node built-in is told by file and line, in a package or not", async () => {
    const text = `import { readFileSync } from "node:fs";\nimport path from "path";\n${FUNCTION}export const b = [readFileSync, path];\n`;
    const project = copy({ "convex/disk.ts": text });
    expect(lines(await bundle(project))).toEqual([
      expect.stringMatching(/^problem convex\/disk\.ts:1 imports node:fs, which is Node's/),
      expect.stringMatching(/^problem convex\/disk\.ts:2 imports path, which is Node's/),
    ]);
  });

  test("that cannot be made is told with esbuild's words", async () => {
    const project = copy({ "convex/broken.ts": "export const = 1;\n" });
    expect(lines(await bundle(project))[0]).toMatch(/^problem convex\/broken\.ts:1: Expected identifier/);
  });
});

describe("the type check of a push", () => {
  test("passes in this project", async () => {
    expect(lines(await types(root))).toEqual(["ok the functions pass the type check of a push → "]);
  });

  test("is missing without its configuration, because the command line would write one", async () => {
    const project = copy();
    rmSync(join(project, "convex/tsconfig.json"));
    expect(lines(await types(project))).toEqual([
      expect.stringMatching(/^problem convex\/tsconfig\.json is missing, so .* → Restore it/),
    ]);
  });

  test("shows the first errors by file and line, and counts the others", async () => {
    const wrong = Array.from({ length: 7 }, (_, at) => `export const a${at}: string = ${at};\n`).join("");
    const project = copy({ "convex/wrong.lib.ts": wrong });
    const found = lines(await types(project));
    expect(found[0]).toMatch(/^problem convex\/wrong\.lib\.ts\(1,14\): error TS2322: .* → Correct it/);
    expect(found).toHaveLength(6);
    expect(found[5]).toMatch(/^problem 2 more type errors → /);
  });
});

describe("generated files", () => {
  test("of this project are current", async () => {
    expect(lines(await generated(root))).toEqual([expect.stringMatching(/^ok /)]);
  });

  test("that are of other sources are told, with the command; nothing is written", async () => {
    const project = copy({
      "convex/added.ts": FUNCTION,
      "openapi/description.md": "Another text.\n",
      "openapi/example/api.d.ts": "export {};\n",
    });
    const before = contents(project);
    expect(lines(await generated(project))).toEqual([
      "problem convex/_generated/api.d.ts: not what the functions make → Run `npm run codegen`.",
      "problem openapi/openapi.json is not what the contracts make → Run `npm run openapi`.",
      "warning openapi/example/api.d.ts is of another document → Run `npm run openapi:client`.",
    ]);
    expect(contents(project)).toEqual(before);
  });

  test("that cannot be made are told, with the reason", async () => {
    const project = copy({ "convex/http/items/items.contract.ts": "export const = 1;\n" });
    const found = lines(await generated(project));
    expect(found).toContainEqual(
      expect.stringMatching(/^problem The OpenAPI document cannot be made: .*Expected identifier/),
    );
    expect(found).toContainEqual(expect.stringMatching(/^problem The types of the functions cannot be made/));
  });
});
