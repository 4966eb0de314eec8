import { expect, test } from "vitest";
import { temporaryDirectory } from "../../fixtures/serve";
import { openGate } from "../../fixtures/gate";
import type { Scheduled } from "./schedulerForTests";
import { serveScheduled } from "./schedulerForTests";

const DAY_MS = 24 * 60 * 60 * 1000;

async function all({ server }: Scheduled): Promise<{ name: string; state: { kind: string } }[]> {
  return (await server.run("jobs:all", {})) as { name: string; state: { kind: string } }[];
}

test("a scheduled mutation runs when it is due, not earlier, and its document records the success", async () => {
  const scheduled = await serveScheduled();
  const { time, schedule, job, texts, pass } = scheduled;
  const begun = time.now;
  const id = await schedule("note", { text: "later" }, 5_000);
  await pass(4_999);
  expect(await texts()).toEqual([]);
  expect(await job(id)).toEqual({
    _id: id,
    _creationTime: begun,
    name: "jobs.js:note",
    args: [{ text: "later" }],
    scheduledTime: begun + 5_000,
    state: { kind: "pending" },
  });
  await pass(1);
  expect(await texts()).toEqual(["later"]);
  expect(await job(id)).toMatchObject({ state: { kind: "success" }, completedTime: begun + 5_000 });
});

test("due jobs run in order of their times, then of their creation", async () => {
  const { schedule, texts, pass } = await serveScheduled();
  for (let i = 0; i < 40; i++) await schedule("note", { text: `at ${i % 4}, made ${i}` }, (i % 4) * 100);
  await pass(1_000);
  const made = Array.from({ length: 40 }, (_, i) => i).sort((a, b) => (a % 4) - (b % 4) || a - b);
  expect(await texts()).toEqual(made.map((i) => `at ${i % 4}, made ${i}`));
});

test("a mutation that throws schedules no jobs; a caught nested failure removes only its own jobs", async () => {
  const scheduled = await serveScheduled();
  await expect(scheduled.server.run("jobs:scheduleThenFail", { text: "never" })).rejects.toThrow("after");
  expect(await all(scheduled)).toEqual([]);
  await scheduled.server.run("jobs:catchNested", {});
  await scheduled.server.idle();
  expect(await scheduled.texts()).toEqual(["outer"]);
  expect(await all(scheduled)).toHaveLength(1);
});

test("a job that throws leaves only its failure, and is not retried", async () => {
  const { server, schedule, job, texts, logged, pass } = await serveScheduled();
  const id = await schedule("noteThenFail", { text: "lost" });
  await server.idle();
  await pass(DAY_MS);
  expect(await texts()).toEqual([]);
  const { state, completedTime } = (await job(id)) ?? {};
  expect(completedTime).toBeTypeOf("number");
  expect(state).toEqual({
    kind: "failed",
    error: expect.stringMatching(
      /^Uncaught Error: plain failure\n\s+at handler \(convex\/jobs\.ts:/,
    ) as string,
  });
  expect(logged.filter(({ level }) => level === "error")).toHaveLength(1);
});

test("an action is in progress while it runs, and then has succeeded or failed", async () => {
  const { server, schedule, job, texts } = await serveScheduled();
  const { url, waiting, release } = await openGate();
  const id = await schedule("fetchThenNote", { url, text: "the gate was" });
  await waiting(1);
  expect((await job(id))?.state).toEqual({ kind: "inProgress" });
  release();
  await server.idle();
  expect((await job(id))?.state).toEqual({ kind: "success" });
  expect(await texts()).toEqual(["the gate was open"]);

  const failing = await schedule("actThenFail");
  await server.idle();
  expect((await job(failing))?.state).toMatchObject({
    kind: "failed",
    error: expect.stringContaining("Uncaught Error: action failure") as string,
  });
});

test("a scheduled mutation sees itself in progress, and a warning tells it that it cannot cancel itself", async () => {
  const { server, schedule, job, texts, logged } = await serveScheduled();
  await schedule("noteOwnState");
  const id = await schedule("cancelItself");
  await server.idle();
  expect(await texts()).toEqual(["inProgress"]);
  expect((await job(id))?.state.kind).toBe("success");
  expect(logged.filter(({ level }) => level === "warn")).toEqual([
    {
      level: "warn",
      path: "jobs:cancelItself",
      message:
        "A scheduled mutation canceling itself is deprecated and will throw an error in a future version of Convex.",
    },
  ]);
});

test("actions schedule and cancel in separate transactions", async () => {
  const { server, job, texts, pass } = await serveScheduled();
  const args = { name: "jobs:note", args: { text: "x" }, delay: 1_000 };
  const kept = (await server.run("jobs:scheduleFromAction", args)) as string;
  const dropped = (await server.run("jobs:scheduleFromAction", args)) as string;
  await server.run("jobs:cancelFromAction", { id: dropped });
  await pass(1_000);
  expect((await job(kept))?.state.kind).toBe("success");
  expect((await job(dropped))?.state.kind).toBe("canceled");
  expect(await texts()).toEqual(["x"]);
});

test("canceling stops a pending job and does not change an ended one", async () => {
  const { server, time, schedule, job, texts, pass } = await serveScheduled();
  const waiting = await schedule("note", { text: "canceled" }, 1_000);
  const ended = await schedule("note", { text: "ended" });
  await server.idle();
  await server.run("jobs:cancel", { id: waiting });
  await server.run("jobs:cancel", { id: ended });
  expect(await job(waiting)).toMatchObject({ state: { kind: "canceled" }, completedTime: time.now });
  expect((await job(ended))?.state.kind).toBe("success");
  await pass(1_000);
  expect(await texts()).toEqual(["ended"]);
});

test("an action canceled while running continues, stays canceled and cannot schedule jobs", async () => {
  const scheduled = await serveScheduled();
  const { server, schedule, job, texts } = scheduled;
  const { url, waiting, release } = await openGate();
  const id = await schedule("fetchThenSchedule", { url });
  await waiting(1);
  await server.run("jobs:cancel", { id });
  release();
  await server.idle();
  expect((await job(id))?.state).toEqual({ kind: "canceled" });
  expect(await texts()).toEqual([]);
  expect((await all(scheduled)).map(({ state }) => state.kind)).toEqual(["canceled", "canceled"]);
});

test("only ids of scheduled functions can be canceled", async () => {
  const { server } = await serveScheduled();
  const note = (await server.run("jobs:noteId", {})) as string;
  await expect(server.run("jobs:cancel", { id: note })).rejects.toThrow(
    "Invalid scheduled function ID. The ID must be an ID on the '_scheduled_functions' table.",
  );
  await expect(server.run("jobs:cancel", { id: "nonsense" })).rejects.toThrow("Unable to decode ID");
});

test("invalid schedulings are refused when they are made", async () => {
  const scheduled = await serveScheduled();
  const { server, time, schedule } = scheduled;
  const at = (name: string, ms: number) =>
    server.run("jobs:scheduleAt", { name, args: {}, time: time.now + ms });
  await expect(at("nowhere:nothing", 0)).rejects.toThrow(
    /^Attempted to schedule function at nonexistent path: nowhere\.js$/,
  );
  await expect(at("jobs:nothing", 0)).rejects.toThrow(
    "Attempted to schedule function, but no exported function nothing found in the file: jobs.js. Did you forget to",
  );
  await expect(at("jobs:note", 6 * 366 * DAY_MS)).rejects.toThrow("is more than 5 years in the future");
  await expect(at("jobs:note", -6 * 366 * DAY_MS)).rejects.toThrow("is more than 5 years in the past");
  await expect(schedule("note", {}, -1)).rejects.toThrow("`delayMs` must be non-negative");
  await expect(server.run("jobs:scheduleUnresolved", {})).rejects.toThrow("unresolved placeholder value");
  expect(await all(scheduled)).toEqual([]);
});

test("the kind and arguments of a scheduled function are checked when it runs", async () => {
  const { server, schedule, job, logged } = await serveScheduled();
  const query = await schedule("texts");
  const wrong = await schedule("note", { text: 7 });
  await server.idle();
  expect((await job(query))?.state).toMatchObject({
    error:
      "Unsupported function type. jobs:texts is defined as a query. Only mutations and actions can be scheduled.",
  });
  expect((await job(wrong))?.state).toMatchObject({
    error: expect.stringMatching(/^ArgumentValidationError: /) as string,
  });
  expect(logged.filter(({ level }) => level === "error")).toHaveLength(2);
});

test("a transaction schedules at most 1,000 functions and 16 MiB of arguments", async () => {
  const scheduled = await serveScheduled();
  const { server } = scheduled;
  await expect(server.run("jobs:scheduleMany", { count: 1_001 })).rejects.toThrow(
    "Too many functions scheduled by this mutation (limit: 1000)",
  );
  await expect(server.run("jobs:scheduleMany", { count: 17, size: 1024 * 1024 })).rejects.toThrow(
    "Too large total size of the arguments of scheduled functions from this mutation (limit: 16777216 bytes)",
  );
  expect(await all(scheduled)).toEqual([]);
  await server.run("jobs:scheduleMany", { count: 1_000 });
  await server.idle();
  expect(await scheduled.texts()).toHaveLength(1_000);
});

test("system tables are readable only through db.system, and never writable", async () => {
  const { server, schedule, job } = await serveScheduled();
  const id = await schedule("note", { text: "x" }, 1_000);
  const misread = (way: string, of = id) => server.run("jobs:misread", { way, id: of });
  for (const way of ["get", "patch", "delete"]) {
    await expect(misread(way)).rejects.toThrow("System tables can only be accessed with db.system.");
  }
  const note = (await server.run("jobs:noteId", {})) as string;
  await expect(misread("system get", note)).rejects.toThrow("User tables cannot be accessed with db.system.");
  expect(await misread("system get")).toMatchObject({ _id: id });
  expect([await misread("normalize"), await misread("normalize", note)]).toEqual([id, null]);
  expect([await misread("private"), await misread("storage")]).toEqual([[], []]);
  await expect(misread("index")).rejects.toThrow("Index _scheduled_functions.by_state not found");
  await expect(server.run("jobs:job", { id: note })).rejects.toThrow("ArgumentValidationError");
  expect((await job(id))?.state.kind).toBe("pending");
});

test("a job waits for months with timers of at most a minute", async () => {
  const { schedule, time, texts, pass } = await serveScheduled();
  await schedule("note", { text: "far" }, 300 * DAY_MS);
  await pass(3 * 60_000);
  expect(Math.max(...time.delays)).toBeLessThanOrEqual(60_000);
  expect(await texts()).toEqual([]);
  // The machine slept: the clock advanced, but the timers did not.
  time.now += 300 * DAY_MS;
  await pass(60_000);
  expect(await texts()).toEqual(["far"]);
});

test("setting the clock back neither loses nor doubles a job", async () => {
  const { schedule, time, texts, pass, server } = await serveScheduled();
  await schedule("note", { text: "done before" });
  await server.idle();
  await schedule("note", { text: "waits" }, 30_000);
  time.now -= 3_600_000;
  await pass(30_000);
  expect(await texts()).toEqual(["done before"]);
  await pass(3_600_000);
  expect(await texts()).toEqual(["done before", "waits"]);
});

test("at most sixteen jobs run at once, and the next starts when one ends", async () => {
  const scheduled = await serveScheduled();
  const { url, waiting, release } = await openGate();
  for (let i = 0; i < 20; i++) await scheduled.schedule("fetchThenNote", { url, text: String(i) });
  const kinds = async () => (await all(scheduled)).map(({ state }) => state.kind);
  await waiting(1);
  await expect
    .poll(kinds)
    .toEqual([
      ...Array.from({ length: 16 }, () => "inProgress"),
      ...Array.from({ length: 4 }, () => "pending"),
    ]);
  const idle: true[] = [];
  void scheduled.server.idle().then(() => idle.push(true));
  for (; idle.length === 0; await new Promise((resolve) => setImmediate(resolve))) release();
  expect((await kinds()).every((kind) => kind === "success")).toBe(true);
  expect(await scheduled.texts()).toHaveLength(20);
});

test("ended jobs are kept for seven days", async () => {
  const scheduled = await serveScheduled();
  const { schedule, pass } = scheduled;
  const gone = await schedule("note", { text: "old" });
  const waiting = await schedule("note", { text: "far" }, 30 * DAY_MS);
  await scheduled.server.idle();
  await pass(7 * DAY_MS - 1);
  expect(await all(scheduled)).toHaveLength(2);
  await pass(60_000);
  expect(await all(scheduled)).toMatchObject([{ _id: waiting }]);
  expect(await scheduled.job(gone)).toBeNull();
  await expect(scheduled.server.run("jobs:cancel", { id: gone })).resolves.toBeNull();
});

test("closing leaves due jobs for the next start, and leaves no timer", async () => {
  const first = await serveScheduled({ data: temporaryDirectory() });
  await first.schedule("note", { text: "while down" }, 1_000);
  await first.server.close();
  expect(first.time.pending).toBe(0);
  first.time.pass(DAY_MS);
  await first.server.idle();

  const again = await serveScheduled({ data: first.server.dataDirectory, time: first.time });
  await again.server.idle();
  expect(await again.texts()).toEqual(["while down"]);
});

test("closing waits for running actions; an action that does not end in time is aborted and fails", async () => {
  const first = await serveScheduled({ data: temporaryDirectory() });
  const ends = await openGate();
  const id = await first.schedule("fetchThenNote", { url: ends.url, text: "finished:" });
  await ends.waiting(1);
  const closed = first.server.close(60_000);
  ends.release();
  await closed;

  const second = await serveScheduled({ data: first.server.dataDirectory });
  expect((await second.job(id))?.state).toEqual({ kind: "success" });
  const hangs = await openGate();
  const cut = await second.schedule("fetchThenNote", { url: hangs.url, text: "too late" });
  await hangs.waiting(1);
  await second.server.close(1);
  hangs.release();

  const third = await serveScheduled({ data: first.server.dataDirectory });
  await third.server.idle();
  expect((await third.job(cut))?.state).toEqual({
    kind: "failed",
    error: "Transient error while executing action",
  });
  expect(await third.texts()).toEqual(["finished: open"]);
});
