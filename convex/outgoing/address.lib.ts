/** Decides by the form of an address whether webhooks may go there. A name can still resolve to any address. */

/**
 * Networks that no webhook may reach: this host, private networks, and addresses that no host has. `networks.test.ts` compares them
 * with those that the embedded runtime refuses when it connects.
 */
export const REFUSED_NETWORKS: readonly (readonly [network: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  // Multicast, reserved addresses, and the broadcast address.
  ["224.0.0.0", 3],
  // The metadata service of Azure is in a public network.
  ["168.63.129.16", 32],
];

/** Names of private networks (RFC 6761, RFC 6762, RFC 8375, and names in common use). */
const REFUSED_NAMES =
  /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|private|corp|lan|home|home\.arpa|onion|invalid|test|example)$/;
/** Names of metadata services outside these domains. */
const METADATA_NAMES = new Set(["metadata.goog", "instance-data.com"]);

const MAX_LENGTH = 2048;

/**
 * Returns why webhooks must not be sent to a URL, or undefined if they may.
 *
 * @param allowHttp Also allows `http:` and this machine, for development.
 */
export function refusalOf(text: string, allowHttp: boolean): string | undefined {
  if (text.length > MAX_LENGTH) return `must have at most ${MAX_LENGTH} characters`;
  // The URL standard ignores white space and control characters, so the text would hide the address.
  if (!/^[\x21-\x7e]+$/.test(text)) return "must be a URL of visible ASCII characters";
  if (!/^https?:\/\/[^/\\]/i.test(text) || !URL.canParse(text))
    return "must be a URL that begins with https://";
  const { protocol, hostname, port, username, password } = new URL(text);
  if (protocol === "http:" && !allowHttp) return "must begin with https://";
  if (username !== "" || password !== "" || /^https?:\/\/[^/?#]*@/i.test(text))
    return "must not contain credentials";
  if (port !== "" && Number(port) < 1024) return "must use the default port, or a port above 1023";
  const host = hostname.replace(/\.+$/, "");
  if (isThisMachine(host)) return allowHttp ? undefined : "must not lead to this machine";
  return isRefusedHost(host) ? "must not lead to a private or reserved address" : undefined;
}

function isRefusedHost(host: string): boolean {
  if (host.startsWith("[")) return isRefusedIpv6(host.slice(1, -1));
  const address = ipv4(host);
  if (address !== undefined) return isRefusedIpv4(address);
  // A name without a dot is a name of the local network. A numeric last label would be read as an IPv4 address.
  return !/\.[a-z][a-z0-9-]*$/.test(host) || REFUSED_NAMES.test(host) || METADATA_NAMES.has(host);
}

const isThisMachine = (host: string): boolean =>
  /^(?:127\.\d+\.\d+\.\d+|\[::1\]|localhost|.+\.localhost)$/.test(host);

/** Returns an IPv4 address as a number. `URL` has already converted other notations to this one. */
function ipv4(host: string): number | undefined {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(host)) return undefined;
  return host.split(".").reduce((value, byte) => value * 256 + Number(byte), 0);
}

const isRefusedIpv4 = (address: number): boolean =>
  REFUSED_NETWORKS.some(([network, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor((ipv4(network) ?? 0) / size);
  });

/**
 * Only global unicast addresses are allowed (RFC 4291, section 2.4), without those that contain an IPv4 address or are reserved.
 *
 * @param host In the form that `URL` writes: lower case, without IPv4 notation.
 */
function isRefusedIpv6(host: string): boolean {
  const groups = ipv6(host);
  const [first = 0, second = 0] = groups;
  if (first >>> 13 !== 1) return true;
  // 2001::/23 has Teredo and other special addresses, 2001:db8::/32 and 3fff::/20 are for documentation, 2002::/16 is 6to4.
  if (first === 0x2001 && (second < 0x200 || second === 0xdb8)) return true;
  if (first === 0x2002 || (first === 0x3fff && second < 0x1000)) return true;
  // ISATAP: the last 32 bits are an IPv4 address (RFC 5214).
  return groups[5] === 0x5efe && (groups[4] === 0 || groups[4] === 0x200);
}

function ipv6(host: string): number[] {
  const [before = "", after] = host.split("::");
  const [head, tail] = [before, after ?? ""].map((part) =>
    part === "" ? [] : part.split(":").map((group) => parseInt(group, 16)),
  ) as [number[], number[]];
  const zeros = after === undefined ? [] : Array<number>(8 - head.length - tail.length).fill(0);
  return [...head, ...zeros, ...tail];
}
