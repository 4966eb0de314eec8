import type { Rule } from "eslint";

export declare const heldPromise: Rule.RuleModule;
