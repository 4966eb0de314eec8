import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join, resolve } from "node:path";
import { onTestFinished, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../../fixtures/serve";
import { cacheFile, readCache } from "./bundleCache";
import type { ProjectBundle } from "./components";
import { bundleComponents } from "./components";

const HOUR_MS = 3_600_000;

/** Sets the clock of the process until the test ends. Its timers are real. */
function setClock(offsetMs: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + offsetMs });
  onTestFinished(() => void vi.useRealTimers());
}

const FILES = {
  "package.json": "{}",
  "convex/items.ts":
    'import { text } from "./lib.helper";\nimport name from "pack";\nexport const x = [text, name];',
  "convex/lib.helper.ts": 'export const text = "first";',
  "convex/notAModule.ts": 'console.log("never bundled");',
  "convex/tsconfig.json": '{ "extends": "../base.json" }',
  "base.json": '{ "compilerOptions": {} }',
  "convex/convex.config.ts":
    'import { defineApp } from "convex/server";\nimport part from "./part/convex.config";\n' +
    "const app = defineApp();\napp.use(part);\nexport default app;",
  "convex/part/convex.config.ts":
    'import { defineComponent } from "convex/server";\nexport default defineComponent("part");',
  "convex/part/inside.ts": 'export const inside = "first of the part";',
  "packages/pack/package.json": '{ "name": "pack", "type": "module", "main": "./main.js" }',
  "packages/pack/main.js": 'export default "first of the package";',
  "packages/pack/other.js": 'export default "other of the package";',
};

/** Creates a project that imports a helper, a linked package and a component. Its files are old enough for the cache. */
function project(files: Record<string, string> = FILES): string {
  const directory = realpathSync(temporaryDirectory());
  write(directory, files);
  mkdirSync(join(directory, "node_modules"));
  symlinkSync(resolve("node_modules/convex"), join(directory, "node_modules/convex"));
  symlinkSync("../packages/pack", join(directory, "node_modules/pack"));
  setClock(HOUR_MS);
  return directory;
}

function write(directory: string, files: Record<string, string>): void {
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), source);
  }
}

/** Returns the number of the entry. Each write gives a new one. */
const entryOf = (directory: string): number =>
  statSync(cacheFile(directory) ?? "", { throwIfNoEntry: false })?.ino ?? 0;

/** Returns all code of a build. */
const codeOf = ({ functions, config }: ProjectBundle): string =>
  [...functions.values(), ...(config ? [config] : [])].map(({ code }) => code).join("\n");

test("an unchanged project is not bundled again, and gets the same scripts under new names", async () => {
  const directory = project();
  const first = await bundleComponents(directory);
  const entry = entryOf(directory);
  expect(entry).toBeGreaterThan(0);
  const second = await bundleComponents(directory);
  expect(entryOf(directory)).toBe(entry);
  expect([...second.functions.keys()].sort()).toEqual([...first.functions.keys()].sort());
  for (const [definition, { code, map, warnings, filename }] of first.functions) {
    const again = second.functions.get(definition);
    expect(again).toMatchObject({ code, warnings });
    expect(Buffer.from(again?.map ?? []).equals(map)).toBe(true);
    expect(again?.filename).not.toBe(filename);
  }
  expect(second.config?.code).toBe(first.config?.code);
  expect(second.warnings).toEqual(first.warnings);
});

test("files that were written again with the same contents are read once more, and then not again", async () => {
  const directory = project();
  const first = await bundleComponents(directory);
  const entry = entryOf(directory);
  write(directory, FILES);
  setClock(2 * HOUR_MS);
  expect(codeOf(await bundleComponents(directory))).toBe(codeOf(first));
  const rewritten = entryOf(directory);
  expect(rewritten).not.toBe(entry);
  expect(codeOf(await bundleComponents(directory))).toBe(codeOf(first));
  expect(entryOf(directory)).toBe(rewritten);
});

const replace = (name: string, from: string, to: string) => (directory: string) => {
  const file = join(directory, name);
  writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
};
const add = (name: string, source: string) => (directory: string) => write(directory, { [name]: source });

test.each<[title: string, change: (directory: string) => void, code: string]>([
  ["a changed module", replace("convex/items.ts", "export const x =", "export const y ="), "y=["],
  ["a changed helper of the same length", replace("convex/lib.helper.ts", "first", "third"), "third"],
  ["a new module", add("convex/more.ts", "export const more = 1;"), "more=1"],
  ["a new module in a new folder", add("convex/new/more.ts", "export const more = 1;"), "more=1"],
  ["a file that becomes a module", add("convex/notAModule.ts", "export const module = 1;"), "module=1"],
  ["a file that the bundler prefers", add("convex/lib.helper.tsx", 'export const text = "tsx";'), '"tsx"'],
  ["a new schema", add("convex/schema.ts", 'export default { name: "schema" };'), 'name:"schema"'],
  ["a new auth config", add("convex/auth.config.ts", 'export default { name: "auth" };'), 'name:"auth"'],
  [
    "a changed module of a component",
    replace("convex/part/inside.ts", "first", "second"),
    "second of the part",
  ],
  ["a new module of a component", add("convex/part/more.ts", "export const more = 1;"), "more=1"],
  ["a changed definition", replace("convex/convex.config.ts", "(part)", '(part, { name: "p" })'), 'name:"p"'],
  ["a changed package", replace("packages/pack/main.js", "first", "second"), "second of the package"],
  ["another main file", replace("packages/pack/package.json", "main.js", "other.js"), "other of the package"],
  ["a nearer package", add("convex/node_modules/pack/index.js", 'export default "nearer";'), '"nearer"'],
  [
    "a link to another package",
    (directory) => {
      cpSync(join(directory, "packages/pack"), join(directory, "packages/copy"), { recursive: true });
      replace("packages/copy/main.js", "first", "copy")(directory);
      rmSync(join(directory, "node_modules/pack"));
      symlinkSync("../packages/copy", join(directory, "node_modules/pack"));
    },
    "copy of the package",
  ],
  [
    "a setting of the compiler",
    add("base.json", '{ "compilerOptions": { "alwaysStrict": true } }'),
    "first of the package",
  ],
])("%s is bundled", async (_title, change, code) => {
  const directory = project();
  await bundleComponents(directory);
  const entry = entryOf(directory);
  change(directory);
  expect(codeOf(await bundleComponents(directory))).toContain(code);
  expect(entryOf(directory)).not.toBe(entry);
});

test("files that the bundler does not read do not count", async () => {
  const directory = project();
  await bundleComponents(directory);
  const entry = entryOf(directory);
  write(directory, {
    ".env.local": "A=1",
    "server.log": "x",
    ".convex-embedded/data.sqlite": "x",
    "node_modules/.vite/x.json": "{}",
    "convex/README.md": "x",
  });
  await bundleComponents(directory);
  expect(entryOf(directory)).toBe(entry);
});

test("an error of a changed file is reported, although the earlier build is cached", async () => {
  const directory = project();
  await bundleComponents(directory);
  write(directory, { "convex/items.ts": "export const = 2;" });
  await expect(bundleComponents(directory)).rejects.toThrow(/^convex\/items\.ts:1:14: /);
  write(directory, { "convex/http.ts": '"use node";\nexport const x = 2;' });
  write(directory, { "convex/items.ts": "export const x = 2;" });
  await expect(bundleComponents(directory)).rejects.toThrow('"use node"');
});

test('"use node" files are cached, and bundled again after a change', async () => {
  const directory = project();
  write(directory, { "convex/mail.ts": '"use node";\nimport "node:fs";\nexport const x = "first mail";' });
  const first = await bundleComponents(directory);
  const entry = entryOf(directory);
  const second = await bundleComponents(directory);
  expect(entryOf(directory)).toBe(entry);
  expect(second.node).toMatchObject({ code: first.node?.code, folder: join(directory, "convex") });
  write(directory, { "convex/mail.ts": '"use node";\nexport const x = "second mail";' });
  expect((await bundleComponents(directory)).node?.code).toContain("second mail");
});

/** Returns the entry with another header and a valid checksum. */
function withHeader(entry: Buffer, change: (header: string) => string): Buffer {
  const text = entry.subarray(entry.indexOf("\n") + 1);
  const end = text.indexOf("\n");
  const changed = Buffer.concat([Buffer.from(change(text.toString("utf8", 0, end))), text.subarray(end)]);
  const checksum = createHash("sha256").update(`${changed.length}:`).update(changed).digest("hex");
  return Buffer.concat([Buffer.from(`${checksum}\n`), changed]);
}

test("an entry that is corrupt or from another version is replaced", async () => {
  const directory = project();
  const expected = codeOf(await bundleComponents(directory));
  const file = cacheFile(directory) ?? "";
  const entry = readFileSync(file);
  const flipped = (at: number): Buffer => {
    const copy = Buffer.from(entry);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
  const damaged = [
    Buffer.alloc(0),
    Buffer.from("{}"),
    Buffer.alloc(entry.length),
    entry.subarray(0, entry.length / 2),
    entry.subarray(0, entry.length - 1),
    Buffer.concat([entry, Buffer.from("x")]),
    ...[0, 70, 200, entry.length / 2, entry.length - 1].map((at) => flipped(Math.floor(at))),
    withHeader(entry, (header) => header.replace(/"runtime":"./, '"runtime":"-')),
    withHeader(entry, () => "null"),
    withHeader(entry, () => "{}"),
  ];
  for (const bytes of damaged) {
    writeFileSync(file, bytes);
    expect(readCache(file, directory)).toBeNull();
  }
  expect(codeOf(await bundleComponents(directory))).toBe(expected);
  expect(readCache(file, directory)).not.toBeNull();
  // The changed headers were refused for their content, not for their form.
  const unchanged = withHeader(entry, (header) => header);
  writeFileSync(file, unchanged);
  expect(readCache(file, directory)).not.toBeNull();
});

test("the entry of another project is not used", async () => {
  const [one, two] = [project(), project({ ...FILES, "convex/lib.helper.ts": 'export const text = "two";' })];
  await bundleComponents(one);
  await bundleComponents(two);
  cpSync(cacheFile(one) ?? "", cacheFile(two) ?? "");
  expect(codeOf(await bundleComponents(two))).toContain('"two"');
});

test("a build is not kept if a file changed after it began", async () => {
  const directory = project();
  setClock(-2 * HOUR_MS);
  await bundleComponents(directory);
  expect(entryOf(directory)).toBe(0);
});

test("concurrent builds of one project leave one entry", async () => {
  const directory = project();
  const codes = (await Promise.all([1, 2, 3].map(() => bundleComponents(directory)))).map(codeOf);
  expect(new Set(codes).size).toBe(1);
  expect(readdirSync(dirname(cacheFile(directory) ?? ""))).toHaveLength(1);
  const entry = entryOf(directory);
  expect(codeOf(await bundleComponents(directory))).toBe(codes[0]);
  expect(entryOf(directory)).toBe(entry);
});

test("a project whose cache cannot be written is bundled", async () => {
  const directory = project();
  write(directory, { "node_modules/.cache": "a file, so that nothing can be created in it" });
  const first = codeOf(await bundleComponents(directory));
  expect(codeOf(await bundleComponents(directory))).toBe(first);
});

test("a project without its own installed packages has no cache", () => {
  const directory = project();
  expect(cacheFile(directory)).toContain(join(directory, "node_modules/.cache/convex-embedded"));
  const linked = realpathSync(temporaryDirectory());
  symlinkSync(join(directory, "node_modules"), join(linked, "node_modules"));
  expect(cacheFile(linked)).toBeNull();
  expect(cacheFile(join(directory, "missing"))).toBeNull();
  expect(existsSync(join(directory, "node_modules/.cache"))).toBe(false);
});

test.each([
  ["paths", '{ "compilerOptions": { "paths": { /* mapped */ "pa*": ["./packages/pa*"], } } }', false],
  ["exact paths", '{ "compilerOptions": { "paths": { "pack": ["./packages/pack"] } } }', false],
  ["paths that match no import", '{ "compilerOptions": { "paths": { "@/*": ["./x/*"] } } }', true],
  ["baseUrl", '{ "compilerOptions": { "baseUrl": "." } }', false],
  ["the settings of a package", '{ "extends": "pack/tsconfig.json" }', false],
])(
  "with %s in tsconfig.json the cache is used if the files alone decide",
  async (_title, settings, cached) => {
    const directory = project({ ...FILES, "base.json": settings });
    await bundleComponents(directory);
    expect(entryOf(directory) > 0).toBe(cached);
  },
);
