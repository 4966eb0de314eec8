/**
 * Splits text into search tokens as Convex's tokenizer does. Tokens are maximal runs of letters and numbers, in lower case. Runs of
 * 32 UTF-8 bytes and more are dropped. There is no stemming, there are no stop words, and accents are kept.
 *
 * Source: `convex_en` in `crates/search/src/constants.rs` of get-convex/convex-backend.
 */

/** A token with at least this many UTF-8 bytes, before it is converted to lower case, is dropped. */
const TOKEN_BYTES = 32;
/** The number of UTF-16 units that certainly fit into fewer bytes. A unit takes at most three bytes. */
const SHORT_UNITS = 10;

const RUN = /[\p{Alphabetic}\p{N}]+/gu;
const ASCII = /^[\x00-\x7f]*$/;

/** Returns the tokens of a text in order, with repetitions. */
export function* tokensOf(text: string): Generator<string> {
  for (const [run] of text.matchAll(RUN)) {
    if (run.length > SHORT_UNITS && Buffer.byteLength(run) >= TOKEN_BYTES) continue;
    yield lowerCase(run);
  }
}

/** Converts each character on its own: unlike Rust and Convex, JavaScript has a special rule for a sigma at the end of a word. */
function lowerCase(token: string): string {
  if (ASCII.test(token)) return token.toLowerCase();
  let lower = "";
  for (const character of token) lower += character.toLowerCase();
  return lower;
}
