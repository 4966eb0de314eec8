import type { Linter } from "eslint";

export const MAX_DEPTH: number;
export const boundaries: Linter.Config[];
