import type { Linter } from "eslint";

export const MOST_DEPTH: number;
export const boundaries: Linter.Config[];
