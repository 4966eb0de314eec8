/** Checks the prose of a file with textlint. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { TextlintKernel, type TextlintKernelOptions } from "@textlint/kernel";
import type { TextlintRuleReporter } from "@textlint/types";
import type { Line } from "./lines";
import { proseOf } from "./extract";
import { sentenceStart } from "./sentenceStart.rule";

export type Finding = {
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  rule: string;
  /** The suggested replacement. */
  message: string;
  /** The sentence on one line. */
  sentence: string;
};

/** About 35 words of English. */
const MAX_CHARACTERS = 210;
const WORDS = ["hidden-subject", "no-predicate", "phrase", "coined-word"];

const kernel = new TextlintKernel();
const options = textlintOptions();

/** Returns the findings in the order of the file. */
export async function check(file: string, text: string): Promise<Finding[]> {
  const lines = proseOf(file, text);
  const prose = lines.map((line) => line.text).join("\n");
  if (prose.trim() === "") return [];
  const { messages } = await kernel.lintText(prose, { ...options, filePath: file });
  return messages.map(({ ruleId, message, range }) => ({
    file,
    ...positionIn(lines, range[0]),
    rule: ruleId,
    message: ruleId === "sentence-length" ? lengthMessage(message) : oneLine(message),
    sentence: sentenceAt(prose, range[0]),
  }));
}

/** Computes the position from the offset. textlint's own column is wrong for a sentence that does not begin its paragraph. */
function positionIn(lines: Line[], offset: number): { line: number; column: number } {
  let start = 0;
  for (const { text, line, column } of lines) {
    if (offset <= start + text.length) return { line, column: column + offset - start };
    start += text.length + 1;
  }
  throw new Error(`textlint reports the offset ${offset}, but the text ends at ${start}`);
}

const lengthMessage = (message: string): string =>
  `Split the sentence: it has ${/length\((\d+)/.exec(message)?.[1]} characters, and the limit is ${MAX_CHARACTERS}.`;

/** Matches the gap before a sentence in the report: after another sentence, a blank line, or before a list item or a table row. */
const BOUNDARY = /(?<=[.!?]["')]*)\s+(?=["'(*]*[A-Z[`])|\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.)\s)/g;

/** Returns the sentence around an offset, on one line. */
function sentenceAt(text: string, at: number): string {
  let from = 0;
  for (const { index, 0: gap } of text.matchAll(BOUNDARY)) {
    if (index + gap.length > at) return oneLine(text.slice(from, index));
    from = index + gap.length;
  }
  return oneLine(text.slice(from));
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/**
 * Loads the rules and plugins. The packages are CommonJS modules without types, so each is loaded with `require` and cast to the
 * type that textlint expects.
 */
function textlintOptions(): TextlintKernelOptions {
  type Rule = NonNullable<TextlintKernelOptions["rules"]>[number]["rule"];
  type Filter = NonNullable<TextlintKernelOptions["filterRules"]>[number]["rule"];
  type Plugin = NonNullable<TextlintKernelOptions["plugins"]>[number]["plugin"];
  const require = createRequire(import.meta.url);
  const markdown = require("@textlint/textlint-plugin-markdown") as { default: Plugin };
  const sentenceLength = require("textlint-rule-sentence-length") as { default: TextlintRuleReporter };
  const prh = require("textlint-rule-prh") as { default: Rule };
  const comments = require("textlint-filter-rule-comments") as Filter;
  const everywhere = { checkLink: true, checkBlockQuote: true, checkEmphasis: true };
  return {
    ext: ".md",
    plugins: [{ pluginId: "markdown", plugin: markdown.default }],
    rules: [
      { ruleId: "sentence-length", rule: onlyLong(sentenceLength.default), options: { max: MAX_CHARACTERS } },
      { ruleId: "sentence-start", rule: sentenceStart },
      ...WORDS.map((ruleId) => ({
        ruleId,
        rule: prh.default,
        options: { ...everywhere, ruleContents: [readFileSync(`scripts/prose/words/${ruleId}.yml`, "utf8")] },
      })),
    ],
    filterRules: [{ ruleId: "comments", rule: comments }],
  };
}

/** Skips paragraphs that are too short for a finding, because the rule splits every paragraph, which is slow. */
function onlyLong(rule: TextlintRuleReporter): TextlintRuleReporter {
  return (context, ruleOptions) => {
    const { Paragraph: checkParagraph, ...others } = rule(context, ruleOptions);
    return {
      ...others,
      Paragraph: (node) => (node.raw.length > MAX_CHARACTERS ? checkParagraph?.(node) : undefined),
    };
  };
}
