/** Shows the key's rate limit, which each reply contains. */
import { byId, within } from "./dom";

const text = byId("quota", HTMLParagraphElement);
const meter = byId("quota-left", HTMLElement);
const bar = within(meter, "span", HTMLSpanElement);
const reset = byId("quota-reset", HTMLParagraphElement);

/** The share of the quota below which the bar warns. */
const LOW = 0.2;

/** Shows `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10). Replies without them change nothing. */
export function showQuota({ headers }: Response): void {
  const left = numbersIn(headers.get("RateLimit"));
  const policy = numbersIn(headers.get("RateLimit-Policy"));
  const [remaining, quota, window] = [left.get("r"), policy.get("q"), policy.get("w")];
  if (remaining === undefined || quota === undefined || window === undefined) return;
  text.textContent = `${remaining} of ${quota} requests left`;
  meter.hidden = false;
  meter.ariaValueMin = "0";
  meter.ariaValueMax = String(quota);
  meter.ariaValueNow = String(remaining);
  bar.style.width = `${(100 * remaining) / quota}%`;
  meter.dataset["low"] = String(remaining < quota * LOW);
  const seconds = Number(headers.get("Retry-After") ?? 0);
  const every = window === 60 ? "a minute" : `in ${window} seconds`;
  const full = remaining < quota ? `All are available again in ${left.get("t") ?? window} seconds.` : "";
  reset.textContent =
    seconds > 0
      ? `This key has used all of its requests. Try again in ${seconds} seconds.`
      : `This key may send ${quota} requests ${every}. ${full}`.trim();
}

/** Returns the numeric parameters of a structured field with one item, such as `"key";r=599;t=1`. */
function numbersIn(field: string | null): Map<string, number> {
  const found = (field ?? "").matchAll(/;([a-z]+)=(\d+)/g);
  return new Map([...found].map(([, name = "", value]) => [name, Number(value)]));
}
