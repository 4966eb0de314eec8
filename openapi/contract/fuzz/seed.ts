/** What the generators begin with: `FUZZ_SEED`, to meet the same requests again, or another number each time. */
export const SEED = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** How many broken requests they make at least. */
export const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 5_000);
