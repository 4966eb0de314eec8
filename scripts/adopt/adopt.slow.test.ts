/** Apps of several kinds, each adopted into a copy with one command, type-checked, and served with their own functions and routes. */
import { execFile } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { expect, test, vi } from "vitest";
import { shellEnvironment } from "../../quality/lib/server";
import { startServer } from "../../quality/lib/testServer";
import { adopt } from "./adopt";
import { appLike } from "./app.testing";
import { parseOptions, type Options } from "./options";
import { Refusal } from "./refusal";

// Each app installs its packages and compiles, which takes long on a loaded machine.
vi.setConfig({ testTimeout: 1_800_000 });

const root = resolve(import.meta.dirname, "../..");
const SETTINGS =
  "STRIPE_WEBHOOK_SECRET=whsec_c2VjcmV0c2VjcmV0c2VjcmV0\nRATE_LIMIT_KEY_PER_MINUTE=0\nRATE_LIMIT_IP_PER_MINUTE=0\n";

/** Runs the command. @returns its exit code and the lines that it prints. */
async function run(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const code = await adopt(root, parseOptions(args) as Options, (line) => void lines.push(line));
  return { code, lines };
}

/** Returns the texts of an app's own and copied files, by path. */
function texts(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  const paths = files
    .filter((file) => file.isFile() && !/\/(node_modules|_generated)(\/|$)/.test(file.parentPath))
    .map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    paths.map((path) => [path.slice(directory.length + 1), readFileSync(path, "latin1")]),
  );
}

/** Checks the types of the functions, with the official command by default. @throws Error with the errors. */
const typecheck = (directory: string, command: readonly string[] = ["convex", "typecheck"]) =>
  promisify(execFile)("npx", command, { cwd: directory, env: shellEnvironment() });

/** Runs the end-to-end suites against an app, in their own process. @throws Error with their output if a test fails. */
async function testEndToEnd(app: string): Promise<string> {
  const command = ["scripts/run.mjs", "quality/e2e/main.ts", "--app", app];
  const { stdout } = await promisify(execFile)(process.execPath, command, {
    cwd: root,
    env: shellEnvironment(),
  });
  return stdout;
}

/** Serves an app with the script that the adoption added. */
async function serve(directory: string, settings = "") {
  writeFileSync(join(directory, ".env.local"), SETTINGS + settings);
  const command = ["npm", "run", "--silent", "api", "--"];
  const { url, apiUrl, key } = await startServer({ command, cwd: directory, settings: "project" });
  const send = (path: string, init: RequestInit = {}) =>
    fetch(url + path, { ...init, headers: { "X-API-Key": key, "Content-Type": "application/json" } });
  return { send, client: new ConvexHttpClient(apiUrl), url, directory };
}

type Served = Awaited<ReturnType<typeof serve>>;
type Fixture = {
  /** The folder of the functions' package. */
  readonly folder?: string;
  /** Lines of `.env.local` that the app needs. */
  readonly settings?: string;
  /** The command that checks the types. */
  readonly typecheck?: readonly string[];
  /** The tables of the API that get another name. */
  readonly renamed: readonly string[];
  /** Shows that the app's own functions and routes work. */
  readonly own: (served: Served) => Promise<void>;
};

const query = (name: string) => makeFunctionReference<"query">(name);
const mutation = (name: string) => makeFunctionReference<"mutation">(name);

const FIXTURES: Readonly<Record<string, Fixture>> = {
  plain: {
    renamed: [],
    own: async ({ client, send, url, directory }) => {
      const event = ["stripe", "checkout.session.completed", "--url", url];
      await promisify(execFile)("npm", ["run", "--silent", "webhook", "--", ...event], { cwd: directory });
      await expect.poll(async (): Promise<unknown> => (await send("/api/payments")).json()).toHaveLength(1);
      await client.mutation(mutation("notes:add"), { text: "kept" });
      expect(await (await send("/notes")).json()).toEqual(["kept"]);
      expect(await (await send("/public/a")).text()).toBe("/public/a");
    },
  },
  react: {
    renamed: ["users", "items", "files"],
    own: async ({ client }) => {
      await client.mutation(mutation("messages:send"), { author: "Ada", body: "Hello" });
      expect(await client.query(query("messages:list"), {})).toMatchObject([{ author: "Ada" }]);
      expect(await client.query(query("users:count"), {})).toBe(1);
    },
  },
  clerk: {
    // The app's `auth.config.ts` needs it.
    settings: "CLERK_JWT_ISSUER_DOMAIN=https://app.clerk.accounts.dev\n",
    renamed: ["users"],
    own: async ({ client, send }) => {
      expect(await client.query(query("users:current"), {})).toBeNull();
      expect((await send("/clerk-users-webhook", { method: "POST", body: "{}" })).status).toBe(400);
    },
  },
  convexAuth: {
    renamed: ["users"],
    own: async ({ client, send, url }) => {
      await client.mutation(mutation("myFunctions:addNumber"), { value: 3 });
      expect(await client.query(query("myFunctions:listNumbers"), { count: 1 })).toMatchObject({
        numbers: [3],
      });
      expect(await (await send("/.well-known/openid-configuration")).json()).toMatchObject({ issuer: url });
    },
  },
  monorepo: {
    folder: "packages/backend",
    // The official command does not find a compiler in the `node_modules` of a folder above.
    typecheck: ["tsc", "--noEmit", "--project", "convex"],
    renamed: ["payments"],
    own: async ({ client }) => {
      expect(await client.mutation(mutation("orders:place"), { product: "bolt" })).toBe(1);
      expect(await client.query(query("orders:list"), {})).toEqual(["bolt"]);
    },
  },
  sourceFolder: {
    renamed: ["jobs"],
    own: async ({ client }) => {
      await client.mutation(mutation("tasks:add"), { title: "sweep" });
      expect(await client.query(query("tasks:list"), {})).toEqual(["sweep"]);
    },
  },
};

test.each(Object.keys(FIXTURES))(
  "the app %s gets the API with no hand edit, compiles, and keeps its functions and routes",
  async (name) => {
    const { folder = "", settings, renamed, own, ...fixture } = FIXTURES[name] as Fixture;
    const given = appLike(name);
    const directory = join(given, folder);
    const { code, lines } = await run(given);
    expect({ code, lines }).toMatchObject({ code: 0 });
    expect(lines.join("\n")).toContain("Hand edits: 0.");
    for (const table of renamed) expect(lines.join("\n")).toContain(`The app has a table ${table},`);
    expect(lines.filter((line) => line.includes("The app has a table"))).toHaveLength(renamed.length);
    await typecheck(directory, fixture.typecheck);

    const before = texts(given);
    expect((await run(given)).lines).toContain("  nothing to change");
    expect(texts(given)).toEqual(before);

    const served = await serve(directory, settings);
    await own(served);
    const created = await served.send("/api/items", { method: "POST", body: '{"name":"bolt"}' });
    expect(created.status).toBe(201);
    const item: unknown = await created.json();
    expect(await (await served.send(created.headers.get("location") ?? "")).json()).toEqual(item);
    expect(await (await served.send("/api/users")).json()).toMatchObject([{ name: "developer" }]);
    const document = (await (await served.send("/openapi.json")).json()) as { info: { title: string } };
    expect(document.info.title).toMatch(/ API$/);
    await testEndToEnd(given);
  },
);

test("a dry run writes nothing, and says what it would write", async () => {
  const app = appLike("plain");
  const before = texts(app);
  const { lines } = await run(app, "--dry-run");
  expect(texts(app)).toEqual(before);
  expect(lines).toContain("  would write convex/schema.ts");
});

test("the command names other major versions, and libraries whose tables it cannot read", async () => {
  const app = appLike("plain");
  const edit = (file: string, from: string, to: string) => {
    const path = join(app, file);
    writeFileSync(path, readFileSync(path, "utf8").replace(from, to));
  };
  edit("package.json", '"convex": "^1.31.0"', '"convex": "^1.31.0", "zod": "^3.25.0", "hono": "^5.0.0"');
  edit("convex/schema.ts", "export", 'import { billing } from "not-installed";\n\nexport');
  edit("convex/schema.ts", "notes:", "...billing,\n  notes:");
  const printed = (await run(app, "--dry-run")).lines.join("\n");
  expect(printed).toMatch(/1\. In package\.json, zod \^3\.25\.0 becomes \^4/);
  expect(printed).toContain("The app has hono ^5.0.0, which is a later major version");
  expect(printed).toContain("Compare the tables that not-installed adds to your schema with api/tables.ts.");
});

test("a few parts compile, and the other parts are not there", async () => {
  const app = appLike("plain");
  const { code, lines } = await run(app, "--with", "items", "--name", "Notes", "--key-prefix", "n_");
  expect({ code, lines }).toMatchObject({ code: 0 });
  await typecheck(app);
  const { send } = await serve(app);
  expect((await send("/api/items")).status).toBe(200);
  for (const path of ["/api/jobs", "/api/files", "/api/webhook-events", "/api/payments"])
    expect((await send(path)).status).toBe(404);
  expect(await (await send("/")).json()).toMatchObject({ name: "Notes" });
  const suites = await testEndToEnd(app);
  expect(suites).toMatch(/passed, 0 failed/);
  for (const missing of ["uploadFile", "processData", "receiveStripe"])
    expect(suites).toContain(`need the operation ${missing}: `);
});

test.each([
  ["a folder of the app", (app: string) => [app, "--folder", "src"], /src.*--folder/],
  ["an unknown part", (app: string) => [app, "--with", "orders"], /unknown part orders/],
  ["a folder that does not exist", () => ["/does/not/exist"], /does not exist/],
  ["a key prefix without _", (app: string) => [app, "--key-prefix", "x"], /--key-prefix/],
])("the command refuses %s", async (_what, args, message) => {
  const app = appLike("plain");
  cpSync(join(app, "convex/notes.ts"), join(app, "convex/src/notes.ts"));
  const before = texts(app);
  const refused = (async () => run(...args(app)))();
  await expect(refused).rejects.toThrow(Refusal);
  await expect(refused).rejects.toThrow(message);
  expect(texts(app)).toEqual(before);
});

test("another choice is refused after the adoption", async () => {
  const app = appLike("plain");
  await run(app, "--no-install", "--with", "items");
  await expect(run(app, "--no-install", "--with", "jobs")).rejects.toThrow(/with other options/);
});

test("an update merges what changed on both sides, and a conflict is marked", async () => {
  const app = appLike("plain");
  const git = (...args: string[]) =>
    promisify(execFile)("git", ["-c", "user.name=a", "-c", "user.email=a@localhost.invalid", ...args], {
      cwd: app,
    });
  await run(app, "--no-install", "--with", "items", "--key-prefix", "n_");
  await expect(run(app, "--update")).rejects.toThrow(/Git repository/);
  await git("init", "-q");
  // The app changes a copied file that gets more code with another part.
  const routes = join(app, "convex/api/http/api.routes.ts");
  writeFileSync(routes, `// Ours.\n${readFileSync(routes, "utf8")}`);
  await expect(run(app, "--update")).rejects.toThrow(/Commit the changes/);
  await git("add", "-A");
  await git("commit", "-q", "-m", "Adopt");
  expect((await run(app, "--update", "--no-install")).lines).toContain("  nothing to change");

  const { code, lines } = await run(app, "--update", "--no-install", "--with", "jobs");
  expect({ code, lines }).toMatchObject({ code: 0 });
  expect(lines).toContain("  wrote convex/api/jobs.ts");
  const merged = readFileSync(routes, "utf8");
  expect(merged).toMatch(/^\/\/ Ours\.$/m);
  expect(merged).toContain("GET /api/jobs/:id");
  expect(readFileSync(join(app, "convex/api/identity/apiKey.lib.ts"), "utf8")).toContain('"n_"');

  writeFileSync(routes, merged.replace('"GET /api/jobs/:id"', '"GET /api/work/:id"'));
  await git("add", "-A");
  await git("commit", "-q", "-m", "Rename");
  expect((await run(app, "--update", "--no-install")).lines).toContain("  nothing to change");
});
