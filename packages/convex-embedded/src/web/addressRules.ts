/** Decides which addresses a guarded `fetch` may connect to, see `guardedFetch.ts`. */
import { BlockList, isIP } from "node:net";

/** IPv4 networks that are not public (IANA's special-purpose registry, RFC 6890), and Azure's metadata service. */
export const REFUSED_IPV4 = [
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
  ["168.63.129.16", 32],
] as const;

/** Global unicast networks that are not public: Teredo and other protocols, documentation, and 6to4. */
export const REFUSED_IPV6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const;

/** IPv6 prefixes of 96 bits before an IPv4 address: mapped addresses (RFC 4291), and NAT64 (RFC 6052). */
const BEFORE_IPV4 = ["::ffff:", "64:ff9b::"] as const;
/** An interface identifier that contains an IPv4 address: ISATAP (RFC 5214). */
const ISATAP = /(?:::|:0:|:200:)5efe:[0-9a-f.:]+$/i;

const refused = new BlockList();
/** The IPv6 addresses that may be public. All others are refused. */
const global = new BlockList();
const loopback = new BlockList();

for (const [network, bits] of REFUSED_IPV4) addIpv4(refused, network, bits);
for (const [network, bits] of REFUSED_IPV6) refused.addSubnet(network, bits, "ipv6");
global.addSubnet("2000::", 3, "ipv6");
for (const prefix of BEFORE_IPV4) global.addSubnet(`${prefix}0.0.0.0`, 96, "ipv6");
addIpv4(loopback, "127.0.0.0", 8);
loopback.addAddress("::1", "ipv6");

function addIpv4(list: BlockList, network: string, bits: number): void {
  list.addSubnet(network, bits, "ipv4");
  for (const prefix of BEFORE_IPV4) list.addSubnet(prefix + network, 96 + bits, "ipv6");
}

/**
 * Returns whether a connection to an address is allowed: a public address, or a loopback address if those are allowed.
 *
 * @param address An IPv4 or IPv6 address, as a resolver returns it. Any other text is refused.
 */
export function isAllowedAddress(address: string, allowLoopback: boolean): boolean {
  const version = isIP(address);
  // An address with a zone (`fe80::1%eth0`) is local to a link.
  if (version === 0 || address.includes("%")) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  if (loopback.check(address, family)) return allowLoopback;
  if (refused.check(address, family)) return false;
  return version === 4 || (global.check(address, "ipv6") && !ISATAP.test(address));
}
