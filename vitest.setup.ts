/**
 * Seeds the generators of every suite. The default seed is fixed, so that the same code gives the same result. Set `FUZZ_SEED`
 * to test new values.
 */
import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env["FUZZ_SEED"] ?? 1) });
