import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { bundled, Child } from "../../../fixtures/child";
import { CLI_TIMEOUT_MS, convex, projectForTools } from "../../../fixtures/convexCli";
import { below, randomOf, SEED } from "../../../fixtures/random";
import { temporaryDirectory } from "../../../fixtures/serve";
import { edit } from "./editForTests";

const ROUNDS = Number(process.env["KILL_ROUNDS"] ?? 12);
const DOCUMENTS = 6_000;

const BY_AUTHOR = `.index("by_author", ["author"])`;
/** The schema of the second version has another index, which its function reads. */
const BOTH = `${BY_AUTHOR}.index("by_text", ["text"])`;

interface Running {
  readonly child: Child;
  readonly post: (path: string, body: object) => Promise<Record<string, unknown>>;
}

async function start(program: string, project: string, data: string): Promise<Running> {
  const child = new Child(process.execPath, [program, project, data]);
  const { apiUrl, adminKey } = JSON.parse(await child.line()) as { apiUrl: string; adminKey: string };
  const headers = { "content-type": "application/json", authorization: `Convex ${adminKey}` };
  const post: Running["post"] = async (path, body) => {
    const response = await fetch(apiUrl + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!response.ok && response.status !== 560) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  };
  return { child, post };
}

/** Returns the push of the project as the command line would send it. */
async function pushOf(project: string): Promise<object> {
  const file = join(project, "push");
  const settings = {
    CONVEX_SELF_HOSTED_URL: "http://127.0.0.1:9",
    CONVEX_SELF_HOSTED_ADMIN_KEY: "embedded_0",
  };
  const options = ["--typecheck", "disable", "--codegen", "disable", "--push-all-modules"];
  const { stderr } = await convex(
    project,
    settings,
    "deploy",
    "-y",
    ...options,
    "--write-push-request",
    file,
  );
  try {
    return JSON.parse(readFileSync(`${file}.json`, "utf8")) as object;
  } catch {
    throw new Error(stderr);
  }
}

async function push({ post }: Running, request: object): Promise<void> {
  const started = await post("/api/deploy2/start_push", request);
  await post("/api/deploy2/wait_for_schema", started);
  await post("/api/deploy2/finish_push", { startPush: started });
}

test(
  `after ${ROUNDS} SIGKILLs during pushes the server serves the old version or the new one, never a mixture`,
  { timeout: CLI_TIMEOUT_MS },
  async () => {
    const program = await bundled(join(import.meta.dirname, "push.child.ts"));
    const project = projectForTools();
    const data = temporaryDirectory();
    const first = await pushOf(project);
    edit(project, "schema.ts", BY_AUTHOR, BOTH);
    edit(
      project,
      "messages.ts",
      `withIndex("by_author", (q) => q.eq("author", author))`,
      `withIndex("by_text")`,
    );
    const second = await pushOf(project);
    edit(project, "schema.ts", BOTH, BY_AUTHOR);
    edit(
      project,
      "messages.ts",
      `withIndex("by_text")`,
      `withIndex("by_author", (q) => q.eq("author", author))`,
    );

    const random = randomOf(SEED);
    let version: "first" | "second" = "first";
    let changes = 0;
    let running = await start(program, project, data);
    const seed = { path: "messages:seed", args: { author: "ada", count: DOCUMENTS } };
    expect(await running.post("/api/function", seed)).toMatchObject({ status: "success" });
    // The whole time that a push takes on this machine.
    const began = performance.now();
    await push(running, second);
    const elapsed = performance.now() - began;
    version = "second";
    for (let round = 0; round < ROUNDS; round++) {
      const next: "first" | "second" = version === "second" ? "first" : "second";
      const outcome = { acknowledged: false };
      const pushing = push(running, next === "first" ? first : second).then(
        () => (outcome.acknowledged = true),
        () => false,
      );
      await pause(below(random, Math.ceil(elapsed * 1.2)));
      await running.child.kill();
      await pushing;
      running = await start(program, project, data);
      // The first version lists one author's messages, the second version all.
      const listed = await running.post("/api/function", {
        path: "messages:list",
        args: { author: "nobody" },
      });
      expect(listed).toMatchObject({ status: "success" });
      const found = (listed["value"] as readonly string[]).length;
      expect([0, DOCUMENTS]).toContain(found);
      const served = found === 0 ? "first" : "second";
      if (outcome.acknowledged) expect(served).toBe(next);
      if (served === next) changes++;
      version = served;
    }
    console.log(`${ROUNDS} kills during pushes, ${changes} of them after the commit`);
    await push(running, second);
    await running.child.kill();
  },
);
