/**
 * Returns the network that counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address. A /64 is the
 * smallest network that a customer gets (RFC 6177). With a quota for each address, one customer would have 2^64 quotas.
 *
 * @param ip The address that the platform reports, in any form of RFC 4291, section 2.2.
 */
export function networkOf(ip: string): string {
  if (!ip.includes(":")) return ip;
  const [, mapped] = /^(?:::|(?:0+:){5})ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip) ?? [];
  if (mapped !== undefined) return mapped;
  const [address = ""] = ip.split("%", 1);
  const [before = "", after] = address.split("::");
  const groups = [before, after ?? ""].map((part) => part.split(":").filter((group) => group !== ""));
  const [first = [], last = []] = groups;
  // A last group in IPv4 notation counts as two groups.
  const width = first.length + last.length + (last.at(-1)?.includes(".") ? 1 : 0);
  const zeros = after === undefined ? [] : Array<string>(Math.max(0, 8 - width)).fill("0");
  const prefix = [...first, ...zeros, ...last].slice(0, 4).map((group) => parseInt(group, 16).toString(16));
  return `${prefix.join(":")}::/64`;
}
