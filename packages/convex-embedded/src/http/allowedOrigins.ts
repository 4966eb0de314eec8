/**
 * Which web pages may use the API port. Browsers name a page's origin in `Origin` when it sends something, or opens a
 * WebSocket; other programs send no such header.
 */

/** True for an origin whose pages may use the port. */
export type OriginRule = (origin: string) => boolean;

const SUBDOMAINS = /^(https?:\/\/)\*\.([^*/]+)$/;
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Pages on this machine and pages of the list.
 *
 * @param list `https://app.example.com`, `https://*.example.com` for every subdomain, or `*` for all origins.
 * @param own gives the server's own origins, whose pages may use the port too.
 */
export function originRule(list: readonly string[], own: () => readonly string[]): OriginRule {
  const rules = list.map(ruleOf);
  return (origin) => isLoopback(origin) || own().includes(origin) || rules.some((rule) => rule(origin));
}

/**
 * The entries of a comma list.
 *
 * @param setting the option or variable that has it. @throws Error that names it, for an entry that no origin matches.
 */
export function originsIn(setting: string, text: string): string[] {
  const entries = text.split(",").map((entry) => entry.trim());
  const list = entries.filter((entry) => entry !== "");
  for (const entry of list) {
    const example = entry.replace(SUBDOMAINS, "$1x.$2");
    if (entry !== "*" && (example.includes("*") || !isOrigin(example)))
      throw new Error(`${setting} takes origins such as https://app.example.com, not '${entry}'`);
  }
  return list;
}

function ruleOf(entry: string): OriginRule {
  if (entry === "*") return () => true;
  const [, scheme, domain] = SUBDOMAINS.exec(entry) ?? [];
  if (scheme === undefined || domain === undefined) return (origin) => origin === entry;
  return (origin) => isOrigin(origin) && origin.startsWith(scheme) && origin.endsWith(`.${domain}`);
}

function isLoopback(origin: string): boolean {
  return /^https?:/.test(origin) && isOrigin(origin) && LOOPBACK.test(new URL(origin).hostname);
}

/** True for an origin as browsers write it. Schemes that apps make up have no other form than this. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, protocol, host } = new URL(text);
  return text === (origin === "null" ? `${protocol}//${host}` : origin) && host !== "";
}
