/** The compiler names mistakes in contracts and handlers, and accepts correct ones, such as the examples of the README. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import type { Spec } from "./contract.kit";

const HEAD = `
import { docsOnly } from "#docsOnly";
import type { Registry } from "./api.kit";
import { contract } from "./contract.kit";
import { implement } from "./implement.kit";
import { group } from "./group.kit";
import { plain } from "./plain.kit";
import { events, ndjson } from "./streams.kit";
import { resource } from "./table.kit";
import { id } from "./values.kit";
declare const api: Registry;
const Thing = docsOnly(({ z }) => z.object({ id: z.string() }));
const about = { tag: "Things", summary: "A thing", description: "For this test." };
const docs = docsOnly(() => ({ ...about, replies: { 200: Thing() } }));
const rest = { operationId: "x", scope: null, docs };
const get = contract("get", "/a/:id", () => ({ ...rest, conditional: true, params: { id: id() } }));
const ETag = '"1"';
const make = contract("post", "/a", () => ({ ...rest, docs: docsOnly(() => ({ ...about, replies: { 201: Thing() } })) }));
const list = contract("get", "/a", () => ({
  ...rest, paged: true, docs: docsOnly(({ z }) => ({ ...about, replies: { 200: z.array(Thing()) } })),
}));
const csv = contract("get", "/csv", () => ({
  ...rest,
  docs: docsOnly(({ reply, whole, z }) => ({
    ...about,
    replies: {
      200: reply.text("text/csv", {
        headers: { "Content-Disposition": z.string(), "X-Rows": whole(), "X-Note": z.exactOptional(z.string()) },
      }),
    },
  })),
}));
const png = contract("get", "/png", () => ({
  ...rest, docs: docsOnly(({ reply }) => ({ ...about, replies: { 200: reply.binary("image/png") } })),
}));
const lines = contract("get", "/lines", () => ({
  ...rest,
  docs: docsOnly(({ reply, z }) => ({
    ...about, replies: { 200: reply.ndjson(Thing(), { last: z.object({ next: z.string() }) }) },
  })),
}));
const prices = contract("get", "/prices", () => ({
  ...rest, docs: docsOnly(({ reply }) => ({ ...about, replies: { 200: reply.events({ price: Thing() }) } })),
}));
const CSV = { "Content-Type": "text/csv; charset=utf-8", "Content-Disposition": "attachment", "X-Rows": "1" } as const;
async function* things() { yield { id: "a" }; }
async function* numbers() { yield { id: 1 }; }
async function* ticks() { yield { event: "tick" as const, data: { id: "a" } }; }
async function* priced() { yield { event: "price" as const, id: "1", data: { id: "a" } }; }
const last = () => ({ next: "/lines" });
const v2 = group("/v2", () => ({ scope: null, tag: "Version 2" }));
const loose = group("/v2", () => ({ rateLimit: { cost: 2 } }));
const members = contract("get", "/m", () => ({ ...rest, scope: "any", claims: true }));
`;

/** A line with one mistake, and the part of the error that names the mistake. */
const MISTAKES = {
  'contract("post", "/a", () => ({ ...rest, idempotant: true }));': "A contract has no option idempotant",
  'contract("get", "/a", () => ({ ...rest, docs: docsOnly(() => ({ ...docs(), sumary: "" })) }));':
    "The docs of a contract have no option sumary",
  'contract("get", "/a", () => ({ ...rest, docs: docsOnly(() => ({ ...about, replies: { 404: Thing() } })) }));':
    "404",
  'resource<{ get: typeof get; make: typeof make }>()(["GET /a/:id"], () => () => undefined);':
    "The table lacks POST /a",
  'resource<{ get: typeof get }>()(["GET /a/:id", "GET /b"], () => () => undefined);':
    "Type '\"GET /b\"' is not assignable to type '\"GET /a/:id\"'",
  'contract("get", "/a/:id", () => ({ ...rest }));': "The path /a/:id has the name id, which params lacks",
  'contract("get", "/a/:id/:part", () => ({ ...rest, params: { id: id() } }));':
    "The path /a/:id/:part has the name part, which params lacks",
  'contract("get", "/a/:id", () => ({ ...rest, params: { id: id(), other: id() } }));':
    "The path /a/:id has no name other, which params has",
  'contract("get", "/a/*", () => ({ ...rest }));': "The rest of the path /a/* needs a name, such as *file",
  'contract("get", "/a/*file", () => ({ ...rest }));':
    "The path /a/*file has the name file, which params lacks",
  'contract("get", "/a/*file/b", () => ({ ...rest, params: { file: id() } }));':
    "The path /a/*file/b has * before its last segment",
  'contract("post", "/a", () => ({ ...rest, body: { type: "jsn", schema: ({ z }) => z.string() } }));': `Did you mean '"json"'?`,
  'contract("get", "/a", () => ({ ...rest, scope: "jobs:fly" }));': '"jobs:fly"',
  'implement(api, get, (c) => Promise.resolve(c.json({ id: "a" }, 201, { ETag })));':
    "Argument of type '201' is not assignable to parameter of type '200'",
  "implement(api, get, (c) => Promise.resolve(c.body(null, 204)));":
    "Argument of type '204' is not assignable to parameter of type '\"The contract declares no reply without a body, and none with text or bytes\"'",
  'implement(api, make, (c) => Promise.resolve(c.json({ id: "a" }, 201)));':
    "The reply 201 needs the header Location",
  'implement(api, get, async (c) => { await Promise.resolve(); return c.json({ id: "a" }, 200); });':
    "The reply 200 needs the header ETag",
  'implement(api, list, (c) => Promise.resolve(c.json([{ id: "a" }], 200)));':
    "The reply 200 needs the header Link",
  'implement(api, csv, (c) => Promise.resolve(c.body("", 200)));':
    "The reply 200 needs the header Content-Disposition",
  'implement(api, csv, (c) => Promise.resolve(c.body("", 200, { "Content-Type": "text/csv", "X-Rows": "1" })));':
    "Property '\"Content-Disposition\"' is missing",
  'implement(api, csv, (c) => Promise.resolve(c.body("", 200, { ...CSV, "Content-Type": "text/plain" })));': `Type '"text/plain"' is not assignable to type`,
  'implement(api, csv, (c) => Promise.resolve(c.body("", 200, { ...CSV, "X-Rows": "many" })));': `Type '"many"' is not assignable to type`,
  "implement(api, csv, (c) => Promise.resolve(c.body(1, 200, CSV)));":
    "is not assignable to parameter of type 'string | ReadableStream",
  'implement(api, csv, (c) => Promise.resolve(c.json("", 200)));': "The contract declares no reply with JSON",
  'implement(api, png, (c) => Promise.resolve(c.body("x", 200, { "Content-Type": "image/png" })));':
    "is not assignable to parameter of type 'ArrayBuffer | Uint8Array<ArrayBuffer> | Blob",
  "implement(api, lines, (c) => ndjson(c, { lines: things }));": "Property 'last' is missing",
  "implement(api, lines, (c) => ndjson(c, { lines: numbers, last }));":
    "Type 'number' is not assignable to type 'string'",
  "implement(api, prices, (c) => events(c, { events: ticks }));": `Type '"tick"' is not assignable to type '"price"'`,
  'contract("get", "/a", () => ({ ...rest, docs: docsOnly(() => ({ ...about, replies: { 204: Thing() } })) }));':
    "The status 204 has no body, so its reply is null",
  'contract("post", "/a", () => ({ ...rest, docs: docsOnly(() => ({ ...about, replies: { 304: null } })) }));':
    "Only GET can answer 304",
  'contract("get", "/a", () => ({ ...rest, docs: docsOnly(({ reply }) => ({ ...about, replies: { 202: reply.ndjson(Thing()) } })) }));':
    "A stream has the status 200, not 202",
  'contract("get", "/a", () => ({ ...rest, conditional: true, docs: docsOnly(({ reply }) => ({ ...about, replies: { 200: reply.ndjson(Thing()) } })) }));':
    "A stream has no ETag, so it cannot be conditional",
  'implement(api, get, (c) => Promise.resolve(c.json({ id: "a" }, 200, { Etag: ETag })));':
    "Did you mean to write 'ETag'?",
  'implement(api, get, (c) => Promise.resolve(c.json({ id: "a", x: 1 }, 200, { ETag })));':
    "'x' does not exist in type '{ id: string; }'",
  'implement(api, get, (c) => Promise.resolve(c.json({ id: c.req.valid("param").di }, 200, { ETag })));':
    "Property 'di' does not exist",
  'contract("get", "/a", () => ({ ...rest, rateLimit: { bucket: "b", perMinute: 0 } }));':
    "rateLimit.perMinute is 0, but it must be a whole number of at least 1",
  'contract("get", "/a", () => ({ ...rest, rateLimit: { cost: 1.5 } }));':
    "rateLimit.cost is 1.5, but it must be a whole number of at least 1",
  'contract("get", "/a", () => ({ ...rest, rateLimit: { cost: 1, perMinut: 5 } }));':
    "rateLimit has no option perMinut",
  'contract("get", "/a", () => ({ ...rest, rateLimit: { bucket: "key", perMinute: 5 } }));':
    "The bucket key is the general one: name another bucket",
  'contract("get", "/a", () => ({ ...rest, unlimited: true, rateLimit: { cost: 5 } }));':
    "unlimited switches rateLimit off: remove one of them",
  'contract("get", "/a", () => ({ ...rest, timeoutMs: -1 }));':
    "timeoutMs is -1, but it must be a whole number of at least 1",
  'contract("get", "/a", () => ({ ...rest, cache: { maxAge: -5 } }));':
    "cache.maxAge is -5, but it must be a whole number of seconds",
  'contract("get", "/a", () => ({ ...rest, cache: { maxAge: 5, imutable: true } }));':
    "cache has no option imutable",
  'contract("get", "/a", () => ({ ...rest, secret: true, cache: { maxAge: 5 } }));':
    "A reply with a secret must not be cached: remove cache or secret",
  'contract("post", "/a", () => ({ ...rest, cache: { maxAge: 5 } }));': "cache is for GET, not for POST",
  'contract("post", "/a", () => ({ ...rest, idempotent: "extern" }));': `Did you mean '"external"'?`,
  'contract("get", "/a", () => ({ ...rest, claims: true }));':
    "A public route has no caller, so it has no claims: remove claims or set a scope",
  'contract("get", "/a", () => ({ ...rest, docs: docsOnly(() => ({ ...docs(), problems: ["upstream"] })) }));':
    '"upstream"',
  'implement(api, get, (_, fail) => fail("conflict", "x"));': `'"conflict"' is not assignable to parameter`,
  'implement(api, members, (c) => Promise.resolve(c.json({ id: c.var.caller.claims?.role ?? "" }, 200)));':
    "Property 'role' does not exist",
  'v2("get", "/:id", () => ({ operationId: "x", docs }));':
    "The path /v2/:id has the name id, which params lacks",
  'v2("get", "/a", () => ({ operationId: "x", docs, idempotant: true }));':
    "A contract has no option idempotant",
  'loose("get", "/a", () => ({ operationId: "x", docs }));': "Neither the group nor the route has a scope",
  'group("/v2", () => ({ scope: null, tags: "x" }))("get", "/a", () => ({ operationId: "x", docs }));':
    "A group has no option tags",
  'plain(api, "FETCH /a", { scope: null }, (c) => c.text(""));': '"FETCH /a"',
  'plain(api, "GET /a", {}, (c) => c.text(""));': "Property 'scope' is missing",
};

const CORRECT = [
  'implement(api, get, (c) => Promise.resolve(c.json({ id: c.req.valid("param").id }, 200, { ETag })));',
  'implement(api, csv, (c) => Promise.resolve(c.body("a,b", 200, CSV)));',
  'implement(api, csv, (c) => Promise.resolve(c.body("a,b", 200, { ...CSV, "X-Note": "new" })));',
  'implement(api, png, (c) => Promise.resolve(c.body(new Blob([]), 200, { "Content-Type": "image/png" })));',
  "implement(api, lines, (c) => ndjson(c, { lines: things, last }));",
  "implement(api, prices, (c) => events(c, { events: priced }));",
];

/** The examples of the README, as one module of a resource. */
const README = [
  ...readFileSync(join(import.meta.dirname, "README.md"), "utf8").matchAll(/^```ts\n([^]*?)^```$/gm),
]
  .map(([, code = ""]) => code)
  .join("\n");

type CompileError = { line: number; text: string };

/** Compiles modules that exist only in memory. @returns the errors of each module, with lines from 0. */
function errorsOf(modules: ReadonlyMap<string, string>): Map<string, CompileError[]> {
  const root = resolve(import.meta.dirname, "../../..");
  const config = ts.getParsedCommandLineOfConfigFile(
    join(root, "tsconfig.json"),
    { noEmit: true, incremental: false },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  );
  const options = config?.options ?? {};
  const host = ts.createCompilerHost(options);
  const [readFile, fileExists] = [host.readFile.bind(host), host.fileExists.bind(host)];
  host.readFile = (path) => modules.get(path) ?? readFile(path);
  host.fileExists = (path) => modules.has(path) || fileExists(path);
  const program = ts.createProgram([...modules.keys()], options, host);
  const errors = (path: string, text: string) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(path)),
      ...program.getSemanticDiagnostics(program.getSourceFile(path)),
    ].map(({ start = 0, messageText }) => ({
      line: text.slice(0, start).split("\n").length - 1,
      text: ts.flattenDiagnosticMessageText(messageText, "\n"),
    }));
  return new Map([...modules].map(([path, text]) => [path, errors(path, text)]));
}

const withHead = (lines: readonly string[]) => HEAD + lines.join("\n");
const mistakes = join(import.meta.dirname, "mistakes.ts");
const correct = join(import.meta.dirname, "correct.ts");
const readme = resolve(import.meta.dirname, "../example/readme.ts");
const found = errorsOf(
  new Map([
    [mistakes, withHead(Object.keys(MISTAKES))],
    [correct, withHead(CORRECT)],
    [readme, README],
  ]),
);

test("an error of the compiler names the mistake", () => {
  const first = HEAD.split("\n").length - 1;
  const errors = found.get(mistakes) ?? [];
  expect(errors.filter(({ line }) => line < first)).toEqual([]);
  for (const [index, part] of Object.values(MISTAKES).entries()) {
    const ofLine = errors.filter(({ line }) => line === first + index).map(({ text }) => text);
    expect.soft(ofLine.join("")).toContain(part);
  }
});

test("a correct contract and handler compile", () => {
  expect(found.get(correct)).toEqual([]);
});

test("the examples of the README compile, and use every option of a contract", () => {
  expect(found.get(readme)).toEqual([]);
  for (const option of Object.keys(EVERY_OPTION))
    expect.soft(README).toMatch(new RegExp(`\\b${option}(: |,)`));
});

/** The compiler requires each option of a contract here. */
const EVERY_OPTION: Record<keyof Spec, true> = {
  operationId: true,
  scope: true,
  credential: true,
  params: true,
  query: true,
  body: true,
  needs: true,
  anonymous: true,
  onItself: true,
  unlimited: true,
  claims: true,
  rateLimit: true,
  timeoutMs: true,
  cache: true,
  idempotent: true,
  unlisted: true,
  paged: true,
  conditional: true,
  secret: true,
  deprecated: true,
  docs: true,
};
