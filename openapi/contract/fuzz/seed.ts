/** What the generators begin with: `FUZZ_SEED`, to meet the same requests again, or another number each time. */
export const SEED = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
