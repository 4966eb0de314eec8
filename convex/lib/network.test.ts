import { expect, test } from "vitest";
import { networkOf } from "./network.lib";

test.each(["203.0.113.7", "unknown"])("%s is its own network", (ip) => {
  expect(networkOf(ip)).toBe(ip);
});

test.each(["::ffff:203.0.113.7", "::FFFF:203.0.113.7", "0:0:0:0:0:ffff:203.0.113.7"])(
  "%s belongs to its embedded IPv4 address",
  (ip) => {
    expect(networkOf(ip)).toBe("203.0.113.7");
  },
);

test.each([
  "2001:db8:1:2::",
  "2001:db8:1:2::1",
  "2001:DB8:1:2:ffff:ffff:ffff:ffff",
  "2001:0db8:0001:0002:0:0:0:9",
  "2001:db8:1:2::203.0.113.7",
  "2001:db8:1:2::1%eth0",
])("%s belongs to the network 2001:db8:1:2::/64", (ip) => {
  expect(networkOf(ip)).toBe("2001:db8:1:2::/64");
});

test.each([
  ["2001:db8:1:3::1", "2001:db8:1:3::/64"],
  ["2001:db8::1", "2001:db8:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
  ["fe80::1:2:3:4:5", "fe80:0:0:1::/64"],
])("%s belongs to the network %s", (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});
