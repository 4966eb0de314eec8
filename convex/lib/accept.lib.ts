/**
 * Returns the weight that an `Accept` header gives a media type, from 0 to 1. The most specific range decides (RFC 9110,
 * section 12.5.1). Parameters of a range other than the weight are ignored.
 *
 * @example weightOf("text/html", "text/*;q=0.3, text/html"); // 1
 */
export function weightOf(type: string, accept: string): number {
  const ranges = accept.toLowerCase().replaceAll(" ", "").split(",");
  for (const candidate of [type, type.replace(/[^/]+$/, "*"), "*/*"]) {
    const range = ranges.map((text) => text.split(";")).find(([name]) => name === candidate);
    if (range) return Number(range.find((part) => part.startsWith("q="))?.slice(2) ?? 1) || 0;
  }
  return 0;
}
