/**
 * The weight that an `Accept` header gives a media type, 0 to 1: the most specific range decides (RFC 9110, section 12.5.1).
 * Ranges with parameters beside the weight count as the range without them.
 *
 * @example weightOf("text/html", "text/*;q=0.3, text/html"); // 1
 */
export function weightOf(type: string, accept: string): number {
  const ranges = accept.toLowerCase().replaceAll(" ", "").split(",");
  for (const wanted of [type, type.replace(/[^/]+$/, "*"), "*/*"]) {
    const range = ranges.map((one) => one.split(";")).find(([name]) => name === wanted);
    if (range) return Number(range.find((part) => part.startsWith("q="))?.slice(2) ?? 1) || 0;
  }
  return 0;
}
