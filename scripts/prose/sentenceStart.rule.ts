/** A textlint rule: a sentence must begin with its subject, not with a clause that hides the subject. */
import type { TextlintRuleModule } from "@textlint/types";
import { splitAST } from "sentence-splitter";

const STARTS = [
  { start: /^(?:of |to |for |from )?what(?:ever)? /i, write: "the noun that 'what' stands for" },
  { start: /^(?:of |to |for |from )?who(?:m|se|ever)? /i, write: "the client, the caller, the process" },
  { start: /^(?:none|one) of what /i, write: "the noun that 'what' stands for" },
];

/** Splitting is slow, so paragraphs without one of these words are skipped. */
const CANDIDATE = /\bwh(?:at|o)/i;

export const sentenceStart: TextlintRuleModule = ({ Syntax, RuleError, report, getSource }) => ({
  [Syntax.Paragraph](node) {
    const paragraph = getSource(node);
    if (!CANDIDATE.test(paragraph)) return;
    // The splitter's types are of an earlier version of the same tree, whose lists are not readonly.
    for (const { type, range } of splitAST(node as Parameters<typeof splitAST>[0]).children) {
      if (type !== "Sentence") continue;
      const [from, to] = [range[0] - node.range[0], range[1] - node.range[0]];
      const sentence = paragraph.slice(from, to);
      const found = sentence.endsWith("?") ? undefined : STARTS.find(({ start }) => start.test(sentence));
      if (found === undefined) continue;
      report(node, new RuleError(`Begin the sentence with its subject: ${found.write}.`, { index: from }));
    }
  },
});
