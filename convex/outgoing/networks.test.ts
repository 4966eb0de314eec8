/** The rules by form, and the embedded runtime's rules at the connection, refuse the same networks. */
import { expect, test } from "vitest";
import {
  isAllowedAddress,
  REFUSED_IPV4,
  REFUSED_IPV6,
} from "../../packages/convex-embedded/src/web/addressRules";
import { REFUSED_NETWORKS, refusalOf } from "./address.lib";

const toIpv4 = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join(".");
const fromIpv4 = (address: string): number =>
  address.split(".").reduce((value, byte) => value * 256 + Number(byte), 0);

/** The first and the last address of a network, and their neighbours outside. */
function ipv4Edges([network, bits]: readonly [string, number]): string[] {
  const first = fromIpv4(network);
  const last = first + 2 ** (32 - bits) - 1;
  return [first - 1, first, last, last + 1].filter((value) => value >= 0 && value < 2 ** 32).map(toIpv4);
}

const toIpv6 = (value: bigint): string => {
  const hex = value.toString(16).padStart(32, "0");
  return new URL(`http://[${hex.match(/.{4}/g)?.join(":")}]/`).hostname.slice(1, -1);
};

/** @param network Ends with `::`, as those of the table do. */
function ipv6Edges([network, bits]: readonly [string, number]): string[] {
  const groups = network.slice(0, -2).split(":");
  const first = BigInt(
    `0x${groups
      .map((group) => group.padStart(4, "0"))
      .join("")
      .padEnd(32, "0")}`,
  );
  const last = first + (1n << BigInt(128 - bits)) - 1n;
  return [first - 1n, first, last, last + 1n].map(toIpv6);
}

/** One of each group of addresses that neither table lists. */
const OTHERS = [
  "8.8.8.8",
  "1.1.1.1",
  "127.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "fe80::1",
  "fc00::1",
  "ff02::1",
];
const OTHER_IPV6 = [
  "2606:4700:4700::1111",
  "2600::5efe:a00:1",
  "2600::200:5efe:808:808",
  "4000::1",
  "64:ff9b:1::1",
];

const addresses = new Set([
  ...[...REFUSED_NETWORKS, ...REFUSED_IPV4].flatMap(ipv4Edges),
  ...REFUSED_IPV6.flatMap(ipv6Edges),
  ...OTHERS,
  ...OTHER_IPV6,
]);
const urlOf = (address: string) => `https://${address.includes(":") ? `[${address}]` : address}/`;

test.each([...addresses])("%s is refused by both rules or by neither", (address) => {
  for (const development of [false, true]) {
    const byForm = refusalOf(urlOf(address), development) === undefined;
    expect(isAllowedAddress(address, development)).toBe(byForm);
  }
});

test.each(["::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])(
  "%s may be the result of a lookup, but not part of a URL",
  (address) => {
    expect(isAllowedAddress(address, false)).toBe(true);
    expect(refusalOf(urlOf(address), false)).toBeDefined();
  },
);

test.each([...REFUSED_NETWORKS, ...REFUSED_IPV4].flatMap(ipv4Edges))(
  "%s inside of an IPv6 address is never allowed by the form",
  (address) => {
    for (const prefix of ["::ffff:", "64:ff9b::"]) {
      expect(refusalOf(urlOf(prefix + address), true)).toBeDefined();
      expect(isAllowedAddress(prefix + address, false)).toBe(isAllowedAddress(address, false));
    }
  },
);
