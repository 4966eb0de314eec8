/** The host in the committed OpenAPI document's quick start and examples. */
const EXAMPLE_URL = "https://api.example.com";

type Contact = { name: string; email?: string; url?: string };
type Committed = { info: object };

/**
 * Returns the OpenAPI document of one deployment: `servers` has its address, the quick start and the examples use this address,
 * and `info.contact` leads to its operator.
 *
 * @param url The API's public address. An empty address leaves the document's own.
 * @param contact The operator's contact. Without one, the document keeps its own, which only names the operator.
 */
export function deployedDocument<D extends Committed>(document: D, url: string, contact?: Contact): D {
  const info = { ...document.info, ...(contact && { contact }) };
  const deployed = { ...document, info, servers: [{ url: url === "" ? "/" : url }] };
  if (url === "") return deployed;
  // The address is escaped as in JSON, because it becomes a part of JSON strings.
  const escaped = JSON.stringify(url).slice(1, -1);
  // The replacement changes only texts, so the type stays.
  return JSON.parse(JSON.stringify(deployed).replaceAll(EXAMPLE_URL, () => escaped)) as D;
}

/** Returns the contact of a setting: an email address or an https URL. Returns undefined for an empty or another text. */
export function contactOf(setting: string | undefined): Contact | undefined {
  const text = setting?.trim() ?? "";
  if (/^https?:\/\/\S+$/i.test(text) && URL.canParse(text)) return { name: "Support", url: text };
  return /^[^\s@:/?#]+@[^\s@:/?#]+$/.test(text) ? { name: "Support", email: text } : undefined;
}
