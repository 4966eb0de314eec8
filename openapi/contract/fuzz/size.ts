/** How many broken requests are made at least. */
export const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 5_000);
