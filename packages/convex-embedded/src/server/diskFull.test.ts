import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { inspect } from "../../fixtures/inspect";
import { CRASH } from "../../fixtures/load";
import { ManualTime } from "../../fixtures/manualTime";
import { BASIC, serve, temporaryDirectory } from "../../fixtures/serve";
import { onDisk, STORED } from "../../fixtures/stored";
import type { EmbeddedServer } from "./server";

/** Hooks that fail while the test asks for it. */
function faults() {
  const state = { commits: false, files: false };
  const hooks = {
    beforeCommit: () => {
      if (state.commits) throw new Error("database or disk is full");
    },
    beforeSync: () => {
      if (state.files) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    },
  };
  return { state, hooks };
}

const post = (server: EmbeddedServer, path: string, body: unknown) =>
  fetch(server.url + path, { method: "POST", body: JSON.stringify(body) });

test("a failed commit is an error for its client; reads continue, and writes resume once there is space", async () => {
  const { state, hooks } = faults();
  const { server } = await serve({ project: BASIC, hooks });
  const create = (name: string) => post(server, "/items", { owner: "ada", name });
  const { id } = (await (await create("before")).json()) as { id: string };

  state.commits = true;
  const refused = await Promise.all([create("lost 1"), create("lost 2")]);
  for (const response of refused) {
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({
      code: expect.stringMatching(
        /^\[Request ID: \w+\] Server Error: Uncaught Error: Service temporarily unavailable: The commit failed: database or disk is full\. Nothing was written\.$/,
      ) as string,
    });
  }
  await expect(server.run("items:create", { owner: "ada", name: "lost 3" })).rejects.toThrow(
    "The commit failed",
  );
  expect((await fetch(`${server.url}/items/${id}`)).status).toBe(200);

  state.commits = false;
  expect((await create("after")).status).toBe(201);
  expect(await server.run("items:names", { owner: "ada" })).toEqual(["before", "after"]);
});

test("jobs that are due while commits fail run once when commits succeed again", async () => {
  const { state, hooks } = faults();
  const time = new ManualTime();
  const { server, logged } = await serve({ project: CRASH, hooks, clock: time.clock, timers: time.timers });
  for (const name of ["note", "act"]) await server.run("work:schedule", { name, text: name, delay: 1_000 });
  state.commits = true;
  time.pass(1_000);
  await expect.poll(() => logged.filter(({ message }) => message.startsWith("Trying again")).length).toBe(2);
  state.commits = false;
  time.pass(60_000);
  await server.idle();
  expect(
    inspect(server.dataDirectory)
      .documents("notes")
      .map(({ text }) => text)
      .toSorted(),
  ).toEqual(["act", "note"]);
});

test.each(["commits", "files"] as const)(
  "an upload while %s fail is refused and leaves no file",
  async (what) => {
    const { state, hooks } = faults();
    const { server } = await serve({ project: STORED, hooks });
    const url = (await server.run("files:uploadUrl", {})) as string;
    const send = () => fetch(url, { method: "POST", body: "bytes" });
    state[what] = true;
    const refused = await send();
    expect([refused.status, refused.headers.get("retry-after"), await refused.json()]).toEqual([
      503,
      "5",
      { code: "ServiceUnavailable", message: "Service temporarily unavailable" },
    ]);
    await server.idle();
    expect(onDisk(server)).toEqual([]);
    state[what] = false;
    expect((await send()).status).toBe(200);
    expect(onDisk(server)).toHaveLength(1);
  },
);

/** Mounts a new file system of `mebibytes`; `null` if this user may not mount one. */
function smallDisk(mebibytes: number): string | null {
  const directory = temporaryDirectory();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", directory], {
      stdio: "ignore",
    });
  } catch {
    return null;
  }
  onTestFinished(() => void execFileSync("umount", ["-l", directory]));
  return directory;
}

test("a full disk refuses writes, keeps acknowledged ones, and accepts more once there is space", async ({
  skip,
}) => {
  const disk = smallDisk(12);
  if (disk === null) return skip("needs permission to mount a file system");
  const ballast = join(disk, "ballast");
  writeFileSync(ballast, Buffer.alloc(4 * 1024 * 1024));
  const data = join(disk, "data");
  const { server } = await serve({ project: CRASH, data });
  const acknowledged = new Map<string, string>();
  let refused = 0;
  for (let i = 0; refused < 5; i++) {
    const text = randomBytes(20_000).toString("hex");
    // Each key is a separate worker, and this is its first step.
    const response = await post(server, "/take", { worker: `w${i}`, step: 1, key: "only", text });
    if (response.status === 200) acknowledged.set(`w${i}`, text);
    else {
      refused++;
      expect(response.status).toBe(500);
      expect(await response.text()).toMatch(/full|I\/O error/);
    }
  }
  expect(acknowledged.size).toBeGreaterThan(10);
  const stored = await fetch(`${server.url}/files`, { method: "POST", body: randomBytes(5_000_000) });
  expect(stored.status).toBe(500);
  const kept = () => {
    const { documents, files, problems } = inspect(data);
    expect(problems).toEqual([]);
    return {
      files: files.size,
      texts: new Map(documents("entries").map(({ worker, text }) => [worker, text])),
    };
  };
  expect(kept()).toEqual({ files: 0, texts: acknowledged });

  rmSync(ballast);
  expect((await post(server, "/take", { worker: "later", step: 1, key: "only", text: "room" })).status).toBe(
    200,
  );
  expect((await fetch(`${server.url}/files`, { method: "POST", body: randomBytes(100_000) })).status).toBe(
    200,
  );
  await server.close();
  const again = await serve({ project: CRASH, data });
  await again.server.idle();
  expect(kept()).toEqual({ files: 1, texts: acknowledged.set("later", "room") });
  expect(inspect(data).orphans).toEqual([]);
  await again.server.close();
});
