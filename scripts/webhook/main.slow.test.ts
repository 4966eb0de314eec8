/** Tests of `npm run webhook` that need no server. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { SENDERS } from "./senders";

const root = resolve(import.meta.dirname, "../..");

function webhook(...args: string[]): { status: number | null; output: string } {
  const command = ["scripts/run.mjs", "scripts/webhook/main.ts", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

const SOURCES = Object.keys(SENDERS).join(", ");
const NO_SERVER = ["--secret", `whsec_${btoa("secret")}`, "--url", "http://127.0.0.1:9"];

test.each([
  [["acme", "order.paid"], `Unknown source 'acme'. Known are ${SOURCES}.`],
  [["acme"], "Unknown source 'acme'."],
  [["clerk"], "Unknown type '' of clerk. Known are user.created, "],
  [["constructor", "ping"], "Unknown source 'constructor'."],
  [["clerk", "order.paid"], "Unknown type 'order.paid' of clerk. Known are user.created, user.updated, "],
  [["clerk", "user.created", "--copies", "0"], "--copies takes a number from 1 on, not '0'."],
  [["clerk", "user.created", "--secret", "x", "--form"], "clerk does not send forms: leave out --form."],
  [["clerk", "user.created", "--secrets", "x"], "Unknown option '--secrets'"],
])("%j fails with a message and the command for help", (args, expected) => {
  const { status, output } = webhook(...args);
  expect(output).toContain(expected);
  expect(output).toContain("npm run webhook -- --help");
  expect(status).toBe(2);
});

test("the help lists the events of each source", () => {
  const { status, output } = webhook("--help");
  const lists = Object.entries(SENDERS).map(([source, { events }]) => [source, Object.keys(events)] as const);
  for (const [source, [first = ""]] of lists)
    expect(output).toMatch(new RegExp(`^ {2}${source} +${first.replaceAll(".", "\\.")}, `, "m"));
  expect(status).toBe(0);
});

test.each(Object.entries(SENDERS))("events of %s can be signed and sent", (source, { events, form }) => {
  const [type = ""] = Object.keys(events);
  const { status, output } = webhook(source, type, ...NO_SERVER, ...(form ? ["--form"] : []));
  expect(output).toContain(`Nothing answers at http://127.0.0.1:9/webhooks/${source}`);
  expect(status).toBe(2);
});
