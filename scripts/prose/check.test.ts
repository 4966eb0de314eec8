import { describe, expect, test } from "vitest";
import { check } from "./check";

/** Returns each finding as `rule line:column`. */
async function found(file: string, text: string): Promise<string[]> {
  return (await check(file, text)).map(({ rule, line, column }) => `${rule} ${line}:${column}`);
}

const rulesOf = async (text: string): Promise<string[]> =>
  (await check("a.md", text)).map(({ rule }) => rule);

describe("rules", () => {
  const bad = [
    ["sentence-start", "What is written is read back."],
    ["sentence-start", "Of what a function awaits no time counts."],
    ["sentence-start", "Who loses the lock stops."],
    ["sentence-start", "It works. Whose it is decides the table."],
    ["hidden-subject", "Keep the key from whoever reads the log."],
    ["hidden-subject", "The file is deleted, whatever is left."],
    ["hidden-subject", "The port that nobody uses."],
    ["hidden-subject", "The data of somebody else."],
    ["hidden-subject", "A list of which every field may be missing."],
    ["hidden-subject", "It deletes what is there."],
    ["hidden-subject", "This thread writes, the other one reads."],
    ["hidden-subject", "It is called by who holds the lock."],
    ["no-predicate", "The value is no file."],
    ["no-predicate", "These are no breaking\nchanges."],
    ["no-predicate", "An error for an id that is none."],
    ["phrase", "The secret belongs into the environment."],
    ["phrase", "A slash is added, and so it is in traces."],
    ["phrase", "The server would do so too."],
    ["phrase", "The item is deleted for good."],
    ["phrase", "The stub stands in the place of the server."],
    ["phrase", "The mock does otherwise than Convex."],
    ["phrase", "The reason stands in the log."],
    ["phrase", "All that is known of the file."],
    ["phrase", "It is refused in Convex's words."],
    ["phrase", "The setting has had its time."],
    ["phrase", "A client that is silent for so long is cut off."],
    ["coined-word", "The key is free for the request that mends it."],
    ["coined-word", "The test ill-treats the server."],
    ["coined-word", "The connection lingers."],
    ["coined-word", "A damaged page is found."],
    ["coined-word", "The kept results are dropped."],
    ["coined-word", "The request is judged first."],
    ["coined-word", "The whole way of a request."],
    ["coined-word", "The body finds no room."],
  ];

  test.each(bad)("%s reports: %s", async (rule, text) => {
    expect(await rulesOf(text)).toContain(rule);
  });

  const good = [
    "The write log holds the changed key ranges. Cached query results are invalidated from it.",
    "There is no network, and the key is no longer valid.",
    "The lingering close reads what the client still sends.",
    "What does it cost?",
    "Ask the operator who started the server.",
    "The lock is held for so long as the process runs, for good reason.",
    "The wording is Convex's, and the `nobody` account is code.",
    "# What was tried",
    "```sh\nwhoever is nobody\n```",
  ];

  test.each(good)("no rule reports: %s", async (text) => {
    expect(await rulesOf(text)).toEqual([]);
  });

  test("a sentence of more than 210 characters is reported, and shorter sentences are not", async () => {
    const half = "The server reads the body, checks the length, verifies the signature, and stores the event";
    expect(await rulesOf(`${half}; ${half}; ${half}.`)).toEqual(["sentence-length"]);
    expect(await rulesOf(`${half}. ${half}. ${half}.`)).toEqual([]);
  });

  test("a finding holds its sentence on one line and suggests a replacement", async () => {
    const [finding] = await check("a.md", "It starts. Then it belongs\ninto the log. It ends.\n");
    expect(finding).toEqual({
      file: "a.md",
      line: 1,
      column: 20,
      rule: "phrase",
      message: "belongs into => belongs in",
      sentence: "Then it belongs into the log.",
    });
  });
});

describe("Markdown", () => {
  test("a finding has its position in the file, also in later sentences, lists, tables and links", async () => {
    const text = `---
title: nobody
---

It is good. It is fine.
Nobody reads [what nobody](x.md) wrote.

- first
- for nobody

| a | b |
| - | - |
| c | nobody |
`;
    expect(await found("a.md", text)).toEqual([
      "hidden-subject 6:1",
      "hidden-subject 6:20",
      "hidden-subject 9:7",
      "hidden-subject 13:7",
    ]);
    expect(await found("a.md", "It is good. It is\nfine. What is said is read.")).toEqual([
      "sentence-start 2:7",
    ]);
  });

  test("a comment disables one rule or all rules", async () => {
    const text = "<!-- textlint-disable hidden-subject -->\n\nNobody belongs into it.\n\n";
    expect(await rulesOf(text)).toEqual(["phrase"]);
    expect(await rulesOf(`${text}<!-- textlint-enable hidden-subject -->\n\nNobody.\n`)).toEqual([
      "phrase",
      "hidden-subject",
    ]);
    expect(await rulesOf("<!-- textlint-disable -->\n\nNobody belongs into it.\n")).toEqual([]);
  });
});
