/** Values that the functions cannot read, or read differently from their plain meaning. */
import { contactOf } from "../../../convex/lib/deployedDocument.lib";
import { HEADER_NAME, positiveInteger, wholeNumber } from "../../../convex/lib/env.lib";
import { problem, warning, type Finding } from "../finding";
import type { Settings } from "../settings";

/** How the functions read each number. They replace a value that they cannot read by the default, `unset`. */
const NUMBERS: Readonly<Record<string, { read: typeof wholeNumber; from: number; unset: number }>> = {
  REQUEST_TIMEOUT_MS: { read: positiveInteger, from: 1, unset: 25_000 },
  WEBHOOK_RETENTION_DAYS: { read: positiveInteger, from: 1, unset: 30 },
  WEBHOOK_LOG_RETENTION_DAYS: { read: wholeNumber, from: 0, unset: 365 },
  JOB_RETENTION_DAYS: { read: wholeNumber, from: 0, unset: 30 },
  KEY_RETENTION_DAYS: { read: wholeNumber, from: 0, unset: 90 },
  AUDIT_RETENTION_DAYS: { read: wholeNumber, from: 0, unset: 365 },
  QUOTA_ITEMS: { read: wholeNumber, from: 0, unset: 100_000 },
  QUOTA_FILES: { read: wholeNumber, from: 0, unset: 10_000 },
  QUOTA_FILE_BYTES: { read: wholeNumber, from: 0, unset: 1_000_000_000 },
  QUOTA_KEYS: { read: wholeNumber, from: 0, unset: 100 },
  QUOTA_ENDPOINTS: { read: wholeNumber, from: 0, unset: 20 },
  RATE_LIMIT_KEY_PER_MINUTE: { read: wholeNumber, from: 0, unset: 600 },
  RATE_LIMIT_IP_PER_MINUTE: { read: wholeNumber, from: 0, unset: 120 },
};
/** Convex's limit for a value, in bytes. */
const VALUE_BYTES = 8 * 1024;

/** Checks numbers, switches, the length of values, the public address, names of headers, the contact, and the URL of the reference page's script. */
export function values({ values: set, written, place }: Settings): Finding[] {
  const numbers = Object.entries(NUMBERS).flatMap(([name, { read, from, unset }]) => {
    const text = set.get(name);
    if (text === undefined || text.trim() === "" || !Number.isNaN(read(text, Number.NaN))) return [];
    const what = `${name}=${text} is not a whole number of at least ${from}, so the default of ${unset} applies`;
    return [problem(what, `Write only digits in ${place}.`)];
  });
  const tooLong = [...set].filter(
    ([name, value]) => written.has(name) && Buffer.byteLength(value) > VALUE_BYTES,
  );
  return [
    ...numbers,
    ...switches("COLLECT_UNREGISTERED_FILES", "delete uploads that are never registered", set),
    ...switches("WEBHOOK_ALLOW_HTTP", "allow webhooks to http: addresses and to this machine", set),
    ...openForDevelopment(set.get("WEBHOOK_ALLOW_HTTP")),
    ...publicUrl(set.get("PUBLIC_URL")),
    ...headerNames(set.get("CORS_HEADERS")),
    ...script(set.get("DOCS_SCRIPT_URL")),
    ...contact(set.get("API_CONTACT")),
    ...tooLong.map(([name]) =>
      problem(`${name} is longer than 8 KiB, the limit of Convex`, `Shorten it in ${place}.`),
    ),
  ];
}

function switches(name: string, effect: string, set: Settings["values"]): Finding[] {
  const text = set.get(name);
  if (text === undefined || /^(1|true|yes|0|false|no|)$/i.test(text)) return [];
  return [warning(`${name}=${text} is read as no`, `Set it to 1 to ${effect}, or delete the setting.`)];
}

function openForDevelopment(text: string | undefined): Finding[] {
  if (!/^(1|true|yes)$/i.test(text ?? "")) return [];
  const what = "WEBHOOK_ALLOW_HTTP allows webhooks to http: addresses and to this machine";
  return [warning(what, "Delete the setting, except for development.")];
}

function publicUrl(setting: string | undefined): Finding[] {
  const text = setting?.trim() ?? "";
  if (text === "") return [];
  const { protocol, hostname, search, hash, username } = URL.canParse(text)
    ? new URL(text)
    : { protocol: "", hostname: "", search: "", hash: "", username: "" };
  if (!/^https?:$/.test(protocol) || `${search}${hash}${username}` !== "")
    return [
      problem(
        `PUBLIC_URL=${text} is not an address with scheme, host and at most a path`,
        "Write the address that clients use, such as https://example.com/rest.",
      ),
    ];
  if (protocol === "https:" || isLocal(hostname)) return [];
  return [warning("PUBLIC_URL is plain HTTP, which everyone on the network can change", "Use https.")];
}

function headerNames(list: string | undefined): Finding[] {
  const wrong = (list ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && !HEADER_NAME.test(name));
  return wrong.map((name) =>
    problem(
      `CORS_HEADERS: ${name} is not the name of a header, so the API ignores it`,
      "Correct or remove it.",
    ),
  );
}

function script(url: string | undefined): Finding[] {
  if (url === undefined || url.trim() === "" || /^\/(?!\/)/.test(url.trim())) return [];
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: "", hostname: "" };
  if (!/^https?:$/.test(protocol))
    return [
      problem(
        `DOCS_SCRIPT_URL=${url} is neither an absolute URL nor a path that begins with /`,
        "Write the whole URL of the script, or delete the setting.",
      ),
    ];
  if (protocol === "https:" || isLocal(hostname)) return [];
  const what = "DOCS_SCRIPT_URL uses plain HTTP, and a page on HTTPS does not load such a script";
  return [warning(what, "Serve the script over HTTPS.")];
}

function contact(text: string | undefined): Finding[] {
  if (text === undefined || text.trim() === "" || contactOf(text)) return [];
  const what = `API_CONTACT=${text} is neither an email address nor a URL, so the API ignores it`;
  return [problem(what, "Write an address such as help@example.com or https://example.com/help.")];
}

/** Returns whether a host is this machine, where plain HTTP is safe. */
export const isLocal = (hostname: string): boolean =>
  /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname) || hostname.endsWith(".localhost");
