/** Tests of `npm run webhook` that need no server. */
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");

function webhook(...args: string[]): { status: number | null; output: string } {
  const command = ["scripts/run.mjs", "scripts/webhook/main.ts", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

test.each([
  [["acme", "order.paid"], "Unknown source 'acme'. Known are stripe, clerk, github."],
  [["acme"], "Unknown source 'acme'."],
  [["stripe"], "Unknown type '' of stripe. Known are checkout.session.completed, "],
  [["constructor", "ping"], "Unknown source 'constructor'."],
  [["github", "order.paid"], "Unknown type 'order.paid' of github. Known are ping, push, "],
  [["github", "push", "--copies", "0"], "--copies takes a number from 1 on, not '0'."],
  [["stripe", "invoice.paid", "--secret", "x", "--form"], "stripe does not send forms: leave out --form."],
  [["github", "push", "--secrets", "x"], "Unknown option '--secrets'"],
  [
    ["github", "push", "--secret", "x", "--url", "http://127.0.0.1:9"],
    "Nothing answers at http://127.0.0.1:9/webhooks/github",
  ],
])("%j fails with a message and the command for help", (args, expected) => {
  const { status, output } = webhook(...args);
  expect(output).toContain(expected);
  expect(output).toContain("npm run webhook -- --help");
  expect(status).toBe(2);
});

test("the help lists the events of each source", () => {
  const { status, output } = webhook("--help");
  expect(output).toMatch(/^ {2}stripe +checkout\.session\.completed, /m);
  expect(output).toMatch(/^ {2}github +ping, push, /m);
  expect(status).toBe(0);
});
