/**
 * What generators begin with, in every suite: `FUZZ_SEED`, for values that nobody has tried yet. Without it they are the
 * same each time, so that one state of the project has one verdict.
 */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["FUZZ_SEED"] ?? 1) });
