import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Program } from "../../fixtures/program";
import { BASIC, copyOf, RULES, temporaryDirectory } from "../../fixtures/serve";
import { accepts, halfPosted } from "../../fixtures/sockets";

const bin = resolve(import.meta.dirname, "../../bin/convex-embedded.mjs");

/** The command line as a separate process. */
class Command extends Program {
  constructor(args: string[], env: Record<string, string> = {}, cwd = temporaryDirectory()) {
    // As in the program's shebang: without the dashes, some versions of Node treat `--env-file` as their own option.
    super(["--", bin, "start", ...args], { env, cwd });
  }

  async url(): Promise<string> {
    return (await this.line(/^api /)).slice("api  ".length);
  }
}

function serve(data: string, ...more: string[]): Command {
  return new Command(["--project", BASIC, "--data", data, "--port", "0", ...more]);
}

const json = async (response: Promise<Response>) =>
  (await (await response).json()) as Record<string, unknown>;
const create = (url: string, name: string) =>
  json(fetch(`${url}/items`, { method: "POST", body: JSON.stringify({ owner: "ada", name }) }));

test("prints api, data, key on the first start only, then ready, and answers", async () => {
  const data = temporaryDirectory();
  const first = serve(data);
  await first.line(/^ready\b/);
  const heads = first.lines.map((line) => line.slice(0, 5));
  expect(heads).toEqual(["api  ", "data ", "key  ", "cli  ", "CONVE", "CONVE", "ready"]);
  expect(first.lines[0]).toMatch(/^api {2}http:\/\/127\.0\.0\.1:\d+$/);
  expect(first.lines[1]).toBe(`data ${data}`);
  expect(first.lines[2]).toMatch(/^key {2}key_\w+$/);
  expect((await fetch(`${await first.url()}/echo/x`)).status).toBe(200);
  first.process.kill("SIGTERM");
  expect(await first.ended).toEqual({ code: 0, signal: null });

  const second = serve(data);
  await second.line(/^ready\b/);
  expect(second.lines.map((line) => line.slice(0, 5))).toEqual(["api  ", "data ", "ready"]);
});

test("paths below the current directory are printed relative to it", async () => {
  const project = copyOf(BASIC);
  // A fixed port, because a random one is not written to the env file.
  const apiPort = await freePort();
  const args = ["--port", "0", "--api-port", String(apiPort)];
  const command = new Command(
    args,
    { CONVEX_SELF_HOSTED_URL: "", CONVEX_SELF_HOSTED_ADMIN_KEY: "" },
    project,
  );
  await command.line(/^ready\b/);
  expect(command.lines).toContain("data .convex-embedded");
  expect(command.lines).toContain(
    `cli  http://127.0.0.1:${apiPort} for npx convex; its two settings are in .env.local`,
  );
});

/** A copy of the basic project whose `convex-embedded.json` names a page and its script. */
function copyWithPage(): string {
  const project = copyOf(BASIC);
  writeFileSync(join(project, "script.js"), "a script");
  configure(project, {
    pages: { docs: "/echo/docs" },
    assets: [{ path: "/echo/script.js", file: "script.js", type: "text/javascript", env: "NAME" }],
  });
  return project;
}

function configure(project: string, config: object): void {
  writeFileSync(join(project, "convex-embedded.json"), JSON.stringify(config));
}

test("prints the pages of a project, and serves its assets at the paths that functions see", async () => {
  const command = new Command(["--project", copyWithPage(), "--data", temporaryDirectory(), "--port", "0"]);
  await command.line(/^ready\b/);
  const url = await command.url();
  expect(command.lines.slice(0, 3)).toEqual([
    `api  ${url}`,
    `docs ${url}/echo/docs`,
    expect.stringMatching(/^data /),
  ]);
  const script = await fetch(`${url}/echo/script.js`);
  expect([script.headers.get("content-type"), await script.text()]).toEqual(["text/javascript", "a script"]);
  expect(await (await fetch(`${url}/variables/NAME`)).text()).toBe("/echo/script.js");
});

test("the path of an asset does not replace a variable that is already set", async () => {
  const args = ["--project", copyWithPage(), "--data", temporaryDirectory(), "--port", "0"];
  const command = new Command(args, { NAME: "mine" });
  await command.line(/^ready\b/);
  expect(await (await fetch(`${await command.url()}/variables/NAME`)).text()).toBe("mine");
});

test("a first function that does not exist fails the start with its name", async () => {
  const project = copyOf(BASIC);
  configure(project, { firstStart: { run: "nowhere:go" } });
  const command = new Command(["--project", project, "--data", temporaryDirectory(), "--port", "0"]);
  expect((await command.ended).code).toBe(1);
  expect(command.lines).toContain("convex-embedded.json: firstStart.run: function nowhere:go not found");
});

test("acknowledged writes survive kill -9", async () => {
  const data = temporaryDirectory();
  const first = serve(data);
  await first.line(/^ready\b/);
  const url = await first.url();
  const acknowledged: unknown[] = [];
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    for (let i = 0; ; i++) acknowledged.push((await create(url, `${writer} ${i}`))["id"]);
  });
  await expect.poll(() => acknowledged.length).toBeGreaterThan(100);
  first.process.kill("SIGKILL");
  await Promise.allSettled(writers);
  const ids = [...acknowledged];

  const second = serve(data);
  await second.line(/^ready\b/);
  for (const id of ids) {
    expect(await json(fetch(`${await second.url()}/items/${String(id)}`))).toMatchObject({
      _id: id,
      owner: "ada",
    });
  }
});

test("the key is printed again if the process died before it was printed", async () => {
  const data = temporaryDirectory();
  const first = serve(data);
  await first.line(/^key /);
  first.process.kill("SIGKILL");
  await first.ended;
  const seen = existsSync(join(data, "started"));
  const second = serve(data);
  await second.line(/^ready\b/);
  expect(second.lines.some((line) => line.startsWith("key "))).toBe(!seen);
});

test("SIGTERM finishes the request in progress and its write, then exits with 0", async () => {
  const data = temporaryDirectory();
  const command = serve(data);
  await command.line(/^ready\b/);
  const url = await command.url();
  const posted = await halfPosted(url, "/items", JSON.stringify({ owner: "ada", name: "last" }));
  command.process.kill("SIGTERM");
  await expect.poll(() => accepts(url)).toBe(false);
  const answer = await posted.finish();
  expect(answer).toContain("HTTP/1.1 201 Created");
  expect(await command.ended).toEqual({ code: 0, signal: null });

  const again = serve(data);
  await again.line(/^ready\b/);
  const id = /"id":"(\w+)"/.exec(answer)?.[1] ?? "";
  expect(await json(fetch(`${await again.url()}/items/${id}`))).toMatchObject({ name: "last" });
});

test("a second signal ends the process immediately", async () => {
  const command = serve(temporaryDirectory());
  await command.line(/^ready\b/);
  const url = await command.url();
  await halfPosted(url, "/items", "{}");
  // Signals in quick succession count as one.
  const typing = setInterval(() => command.process.kill("SIGINT"), 100);
  onTestFinished(() => clearInterval(typing));
  expect(await command.ended).toEqual({ code: 1, signal: null });
});

test("unknown options and invalid values are refused with the usage", async () => {
  for (const args of [["--nonsense"], ["--port", "x"], ["--port", "70000"], ["stray"], ["--api-port", "x"]]) {
    const command = new Command(args);
    expect((await command.ended).code).toBe(2);
    expect(command.lines.join("\n")).toContain("usage: convex-embedded start");
  }
  const help = new Command(["--help"]);
  expect((await help.ended).code).toBe(0);
  expect(help.lines[0]).toContain("usage: convex-embedded start");
});

/** A port that another server uses until the test ends. */
async function takenPort(): Promise<number> {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  onTestFinished(() => void other.close());
  return (other.address() as AddressInfo).port;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

test("an address of another machine is reported once, with the option to change it", async () => {
  // From the block for documentation (RFC 5737), which no machine uses.
  const command = serve(temporaryDirectory(), "--host", "192.0.2.1");
  expect((await command.ended).code).toBe(1);
  expect(command.lines).toEqual(["192.0.2.1 is not an address of this machine. Choose another with --host."]);
});

test("both ports in use are reported together, with the options to change them", async () => {
  const [port, apiPort] = [await takenPort(), await takenPort()];
  const command = serve(temporaryDirectory(), "--port", String(port), "--api-port", String(apiPort));
  expect((await command.ended).code).toBe(1);
  const inUse = (taken: number) =>
    `Port ${taken} on 127.0.0.1 is in use. Stop the program that uses it, or choose another port`;
  expect(command.lines).toEqual([`${inUse(port)} with --port.`, `${inUse(apiPort)} with --api-port.`]);
});

test("--env-file gives functions their variables, and a missing file is created", async () => {
  const file = join(temporaryDirectory(), "env");
  writeFileSync(file, "CONVEX_SITE_URL=https://api.example\n");
  const command = serve(temporaryDirectory(), "--env-file", file);
  await command.line(/^ready\b/);
  expect(await json(fetch(`${await command.url()}/echo/x`))).toMatchObject({
    url: "https://api.example/echo/x",
  });

  const missing = serve(temporaryDirectory(), "--env-file", `${file}.none`);
  await missing.line(/^ready\b/);
  expect(missing.lines).toContain(`${file}.none did not exist and was created. It sets no variables yet.`);
  expect(readFileSync(`${file}.none`, "utf8")).toBe("");
  expect(statSync(`${file}.none`).mode & 0o777).toBe(0o600);

  const nowhere = serve(temporaryDirectory(), "--env-file", join(`${file}.folder`, "env"));
  expect((await nowhere.ended).code).toBe(1);
  expect(nowhere.lines.join("\n")).toContain(`Cannot write the environment file ${file}.folder/env: ENOENT`);
});

test.each([
  [
    "next to the address for clients",
    "CONVEX_URL=https://otter-1.convex.cloud\nCONVEX_SITE_URL=https://api.example\n",
  ],
  [
    "next to the address that Vite shows",
    "VITE_CONVEX_URL=http://127.0.0.1:3210\nCONVEX_SITE_URL=https://api.example\n",
  ],
  ["next to the deployment's name", "CONVEX_DEPLOYMENT=dev:otter-1\nCONVEX_SITE_URL=https://api.example\n"],
  ["alone, on Convex Cloud", "CONVEX_SITE_URL=https://otter-1.convex.site\n"],
])("CONVEX_SITE_URL of another deployment, %s, is ignored with a warning", async (_, text) => {
  // The test suite sets it, and processes inherit it.
  vi.stubEnv("CONVEX_SITE_URL", undefined);
  onTestFinished(() => void vi.unstubAllEnvs());
  const file = join(temporaryDirectory(), "env");
  writeFileSync(file, text);
  const command = serve(temporaryDirectory(), "--env-file", file);
  await command.line(/^ready\b/);
  const url = await command.url();
  expect(await json(fetch(`${url}/echo/x`))).toMatchObject({ url: `${url}/echo/x` });
  expect(command.lines).toContainEqual(
    expect.stringMatching(/env sets CONVEX_SITE_URL to https:.* ignores it/),
  );
});

test("an invalid line of the env file is reported at the start", async () => {
  const file = join(temporaryDirectory(), "env");
  writeFileSync(file, "# mine\nCORS_ORIGINS *\n");
  const command = serve(temporaryDirectory(), "--env-file", file);
  await command.line(/^ready\b/);
  expect(command.lines).toContain(`${file}:2: expected NAME=value or a comment`);
});

test("--reset empties only a data directory of the embedded runtime", async () => {
  const data = temporaryDirectory();
  const first = serve(data);
  await first.line(/^ready\b/);
  const { id } = await create(await first.url(), "gone");
  first.process.kill("SIGTERM");
  await first.ended;
  writeFileSync(join(data, "notes.txt"), "mine");

  const second = serve(data, "--reset");
  await second.line(/^ready\b/);
  expect(second.lines.some((line) => line.startsWith("key  "))).toBe(true);
  expect((await fetch(`${await second.url()}/items/${String(id)}`)).status).toBe(200);
  expect(await (await fetch(`${await second.url()}/items/${String(id)}`)).json()).toBeNull();
  expect(readFileSync(join(data, "notes.txt"), "utf8")).toBe("mine");

  const foreign = temporaryDirectory();
  writeFileSync(join(foreign, "notes.txt"), "mine");
  const third = serve(foreign, "--reset");
  expect((await third.ended).code).toBe(1);
  expect(third.lines.join("\n")).toContain("is not a data directory of the embedded runtime");
});

test("--watch serves saved files; a broken file is named, and the last good build stays in service", async () => {
  const project = copyOf(BASIC);
  const http = join(project, "convex/http.ts");
  const source = readFileSync(http, "utf8");
  const args = ["--project", project, "--data", temporaryDirectory(), "--port", "0", "--watch"];
  const command = new Command(args, { FIXTURE_BROKEN: "no" });
  await command.line(/^ready\b/);
  const url = await command.url();
  const { id } = await create(url, "kept");

  writeFileSync(http, source.replace("method: request.method,", "changed: true,"));
  await command.line(/^reloaded in/);
  expect(await json(fetch(`${url}/echo/x`))).toMatchObject({ changed: true });
  expect(await json(fetch(`${url}/items/${String(id)}`))).toMatchObject({ name: "kept" });

  writeFileSync(http, source.replace("const http = httpRouter();", "const = httpRouter();"));
  await command.line(/^convex\/http\.ts:\d+:\d+: /);
  await command.line(/^not reloaded: the last good build stays in service/);
  expect(await json(fetch(`${url}/echo/x`))).toMatchObject({ changed: true });
});

test("--watch reports the position of an error at load time, and the last good build stays in service", async () => {
  const project = copyOf(BASIC);
  const deep = join(project, "convex/nested/deep.ts");
  const source = readFileSync(deep, "utf8");
  const args = ["--project", project, "--data", temporaryDirectory(), "--port", "0", "--watch"];
  const command = new Command(args, { FIXTURE_BROKEN: "no" });
  await command.line(/^ready\b/);

  writeFileSync(deep, `${source}\nBuffer.from("none on Convex");\n`);
  expect(await command.line(/^convex\//)).toMatch(
    /^convex\/nested\/deep\.ts:\d+:8: TypeError: Cannot read properties of undefined \(reading 'from'\)$/,
  );
  await command.line(/^not reloaded: the last good build stays in service/);
  expect((await fetch(`${await command.url()}/echo/x`)).status).toBe(200);
  writeFileSync(deep, source);
  await command.line(/^reloaded in/);
});

test("--watch applies a saved env file unless a line is invalid", async () => {
  const project = copyOf(BASIC);
  const http = join(project, "convex/http.ts");
  const echo = "method: request.method,";
  writeFileSync(
    http,
    readFileSync(http, "utf8").replace(echo, `${echo} colour: process.env["COLOUR"] ?? null,`),
  );
  const file = join(project, ".env.local");
  const args = ["--project", project, "--data", temporaryDirectory(), "--port", "0", "--watch"];
  const command = new Command(args);
  await command.line(/^ready\b/);
  const colour = async () => (await json(fetch(`${await command.url()}/echo/x`)))["colour"];
  expect(await colour()).toBeNull();

  writeFileSync(file, "COLOUR=red\nMORE=1\n");
  expect(await command.line(/^settings/)).toBe(`settings of ${file} applied: COLOUR, MORE`);
  expect(await colour()).toBe("red");

  writeFileSync(file, "COLOUR=blue\n\nMORE\n");
  await command.line(/^settings not applied: the previous ones stay in use/);
  expect(command.lines).toContain(`${file}:3: expected NAME=value or a comment`);
  expect(await colour()).toBe("red");

  writeFileSync(file, "MORE=1\nCOLOUR=red\n");
  await command.line(/^settings of .* are unchanged$/);
});

test("--watch regenerates the types of the functions", async () => {
  const project = copyOf(BASIC);
  const dependencies = { convex: "*" };
  const codegen = `node ${resolve("scripts/codegen.mjs")}`;
  writeFileSync(
    join(project, "package.json"),
    JSON.stringify({ type: "module", scripts: { codegen }, dependencies }),
  );
  const args = ["--project", project, "--data", temporaryDirectory(), "--port", "0", "--watch"];
  const command = new Command(args, { FIXTURE_BROKEN: "no" });
  await command.line(/^ready\b/);

  const added = 'import { queryGeneric } from "convex/server";\nexport const one = queryGeneric(() => 1);\n';
  writeFileSync(join(project, "convex/added.ts"), added);
  await command.line(/^generated convex\/_generated/);
  const types = readFileSync(join(project, "convex/_generated/api.d.ts"), "utf8");
  expect(types).toContain('import type * as added from "../added.js";');
});

test("errors that a function cannot catch are logged under its name, and the server keeps running", async () => {
  const command = new Command(["--project", RULES, "--data", temporaryDirectory(), "--port", "0"]);
  await command.line(/^ready\b/);
  const url = await command.url();
  for (const [query, message] of [
    ["", "thrown by a listener"],
    ["?promise", "not awaited"],
  ] as const) {
    expect(await (await fetch(`${url}/stray${query}`)).text()).toBe("answered");
    expect(await command.line(new RegExp(message))).toBe(`[GET /stray] Uncaught Error: ${message}`);
    expect(await command.line(/convex\/http\.ts:\d+:\d+/)).toContain("at ");
  }
  expect((await fetch(`${url}/metadata`)).status).toBe(200);
  command.process.kill("SIGTERM");
  expect(await command.ended).toEqual({ code: 0, signal: null });
});

test("an internal error ends the process with a message", async () => {
  const thrower = 'process.once("SIGUSR2",()=>{throw new Error("out of its mind")})';
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(thrower)}`;
  const command = new Command(["--project", RULES, "--data", temporaryDirectory(), "--port", "0"], {
    NODE_OPTIONS,
  });
  await command.line(/^ready\b/);
  command.process.kill("SIGUSR2");
  expect(await command.ended).toEqual({ code: 1, signal: null });
  expect(command.lines.join("\n")).toContain(
    "The process ends because of an internal error: Error: out of its mind",
  );
});

test("--trust-proxy reads the client's address from the header", async () => {
  const args = ["--project", RULES, "--data", temporaryDirectory(), "--port", "0"];
  const command = new Command([...args, "--trust-proxy", "2"]);
  await command.line(/^ready\b/);
  const headers = { "x-forwarded-for": "10.0.0.1, 203.0.113.9, 10.0.0.2" };
  const metadata = await json(fetch(`${await command.url()}/metadata`, { headers }));
  expect(metadata["ip"]).toBe("203.0.113.9");
  for (const count of ["-1", "x", "1.5"]) {
    const refused = new Command([...args, `--trust-proxy=${count}`]);
    expect((await refused.ended).code).toBe(2);
  }
});
