/**
 * Decides which web pages may use the API port. Browsers send the page's origin as `Origin` with cross-origin requests and
 * WebSocket handshakes. Other programs send no such header.
 */

/** True for an origin whose pages may use the port. */
export type OriginRule = (origin: string) => boolean;

const SUBDOMAINS = /^(https?:\/\/)\*\.([^*/]+)$/;
const LOOPBACK = /^(?:localhost|.+\.localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Returns a rule that allows pages on this machine, on the server's own origins and on listed origins.
 *
 * @param list `https://app.example.com`, `https://*.example.com` for every subdomain, or `*` for all origins.
 * @param own returns the server's own origins.
 */
export function originRule(list: readonly string[], own: () => readonly string[]): OriginRule {
  const rules = list.map(ruleOf);
  return (origin) => isLoopback(origin) || own().includes(origin) || rules.some((rule) => rule(origin));
}

/**
 * Parses a comma-separated list of origins.
 *
 * @param setting the option or variable, named in errors. @throws Error for an entry that matches no origin.
 */
export function originsIn(setting: string, text: string): string[] {
  const entries = text.split(",").map((entry) => entry.trim());
  const list = entries.filter((entry) => entry !== "");
  for (const entry of list) {
    const example = entry.replace(SUBDOMAINS, "$1x.$2");
    if (entry !== "*" && (example.includes("*") || !isOrigin(example)))
      throw new Error(`${setting} accepts origins such as https://app.example.com, not '${entry}'`);
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
  return /^https?:/.test(origin) && isOrigin(origin) && isLoopbackHost(new URL(origin).hostname);
}

/** True for a name or address of this machine, as in URLs: `localhost`, `127.0.0.1`, `[::1]`. */
export function isLoopbackHost(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/** True for an origin as browsers send it. Custom app schemes have the same form. */
function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { origin, protocol, host } = new URL(text);
  return text === (origin === "null" ? `${protocol}//${host}` : origin) && host !== "";
}
