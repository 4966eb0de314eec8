/** The minimum number of changed requests that the fuzz test sends. */
export const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 5_000);
