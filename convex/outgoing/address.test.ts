import { expect, test } from "vitest";
import { refusalOf } from "./address.lib";

/** Addresses of partners. */
const ALLOWED = [
  "https://partner.example.org/webhooks",
  "https://partner.example.org",
  "HTTPS://PARTNER.EXAMPLE.ORG/",
  "https://partner.example.org.:443/",
  "https://partner.example.org:8443/a?b=c",
  "https://partner.example.org:1024/",
  "https://partner.example.org:65535/",
  "https://xn--bcher-kva.example.org/",
  "https://8.8.8.8/",
  "https://8.8.2056/",
  "https://[2606:4700:4700::1111]/",
  "https://[2606:4700:4700::1111]:8443/",
  "https://11.0.0.1/",
  "https://172.15.0.1/",
  "https://172.32.0.1/",
  "https://192.169.0.1/",
  "https://100.63.255.255/",
  "https://223.255.255.255/",
  "https://localhost.example.org/",
  "https://internal-tools.example.org/",
];

/** Spellings of this machine. They are allowed for development only. */
const THIS_MACHINE = [
  "https://127.0.0.1/",
  "https://127.0.0.1:8443/",
  "https://127.1/",
  "https://127.255.255.254/",
  "https://2130706433/",
  "https://0x7f000001/",
  "https://0x7f.1/",
  "https://017700000001/",
  "https://0177.0.0.1/",
  "https://127.0.0.1./",
  "https://%31%32%37.0.0.1/",
  "https://localhost/",
  "https://LOCALHOST/",
  "https://localhost./",
  "https://api.localhost/",
  "https://%6c%6f%63alhost/",
  "https://[::1]/",
  "https://[0:0:0:0:0:0:0:1]/",
  "https://[0000::0001]/",
];

/** Addresses that are refused in development too. */
const REFUSED = [
  // Forms that are not the URL of a server.
  "",
  "partner.example.org",
  "//partner.example.org/",
  "ftp://partner.example.org/",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "data:text/plain,x",
  "https:partner.example.org",
  "https:///partner.example.org",
  "https:\\\\partner.example.org",
  "https://",
  "https://:8443/",
  "https://partner.example.org:port/",
  "https://partner.example.org:99999/",
  " https://partner.example.org/",
  "https://partner.example.org/ x",
  "https://partner.exam\tple.org/",
  "https://partner.example.org/\n",
  "https://partner.example.org\u0000/",
  `https://partner.example.org/${"a".repeat(2048)}`,
  // Digits and dots outside ASCII, which `URL` reads as the plain ones.
  "https://１２７.0.0.1/",
  "https://①②⑦.0.0.1/",
  "https://127。0。0。1/",
  "https://ｌocalhost/",
  // Credentials.
  "https://user@partner.example.org/",
  "https://user:password@partner.example.org/",
  "https://:@partner.example.org/",
  "https://@partner.example.org/",
  // Ports of other services.
  "https://partner.example.org:22/",
  "https://partner.example.org:25/",
  "https://partner.example.org:80/",
  "https://partner.example.org:1023/",
  "https://partner.example.org:0/",
  // Private and reserved IPv4 addresses.
  "https://0.0.0.0/",
  "https://0/",
  "https://0.1.2.3/",
  "https://10.0.0.1/",
  "https://10.1/",
  "https://167772161/",
  "https://0xa000001/",
  "https://012.0.0.1/",
  "https://100.64.0.1/",
  "https://100.127.255.255/",
  "https://100.100.100.200/",
  "https://169.254.169.254/latest/meta-data/",
  "https://2852039166/",
  "https://0xa9fea9fe/",
  "https://0xA9.0xFE.0xA9.0xFE/",
  "https://0251.0376.0251.0376/",
  "https://169.254.43518/",
  "https://168.63.129.16/",
  "https://172.16.0.1/",
  "https://172.31.255.255/",
  "https://192.0.0.192/",
  "https://192.0.2.1/",
  "https://192.88.99.1/",
  "https://192.168.0.1/",
  "https://192.168.257/",
  "https://198.18.0.1/",
  "https://198.19.255.255/",
  "https://198.51.100.1/",
  "https://203.0.113.1/",
  "https://224.0.0.1/",
  "https://239.255.255.255/",
  "https://240.0.0.1/",
  "https://255.255.255.255/",
  "https://256.1.1.1/",
  "https://1.2.3.4.5/",
  // IPv6: unspecified, IPv4 inside, private, link-local, multicast, translated, documentation.
  "https://[::]/",
  "https://[::ffff:127.0.0.1]/",
  "https://[::ffff:7f00:1]/",
  "https://[0:0:0:0:0:ffff:a9fe:a9fe]/",
  "https://[::ffff:8.8.8.8]/",
  "https://[::127.0.0.1]/",
  "https://[::ffff:0:127.0.0.1]/",
  "https://[64:ff9b::169.254.169.254]/",
  "https://[64:ff9b:1::a00:1]/",
  "https://[2002:7f00:1::]/",
  "https://[2002:a9fe:a9fe::1]/",
  "https://[2001:0:7f00:1::]/",
  "https://[2001:10::1]/",
  "https://[2001:db8::1]/",
  "https://[3fff::1]/",
  "https://[2606:4700::5efe:10.0.0.1]/",
  "https://[2606:4700::200:5efe:169.254.169.254]/",
  "https://[fc00::1]/",
  "https://[fd00:ec2::254]/",
  "https://[fe80::1]/",
  "https://[fe80::1%25eth0]/",
  "https://[fec0::1]/",
  "https://[ff02::1]/",
  "https://[100::1]/",
  "https://[::2]/",
  // Names of private networks and of metadata services.
  "https://intranet/",
  "https://partner/",
  "https://com/",
  "https://printer.local/",
  "https://db.internal/",
  "https://metadata.google.internal/computeMetadata/v1/",
  "https://metadata.goog/",
  "https://METADATA.GOOGLE.INTERNAL./",
  "https://api.corp/",
  "https://router.lan/",
  "https://nas.home.arpa/",
  "https://partner.test/",
  "https://partner.example/",
  "https://partner.invalid/",
  "https://secret.onion/",
  "https://127.0.0.1.0x/",
];

test.each(ALLOWED)("%j is allowed", (url) => {
  expect(refusalOf(url, false)).toBeUndefined();
});

test.each(THIS_MACHINE)("%j is allowed for development only", (url) => {
  expect(refusalOf(url, false)).toBe("must not lead to this machine");
  expect(refusalOf(url, true)).toBeUndefined();
});

test.each(REFUSED)("%j is refused, in development too", (url) => {
  expect(refusalOf(url, false)).toBeDefined();
  expect(refusalOf(url, true)).toBeDefined();
});

test("http: is allowed for development only, to any address that https: may reach", () => {
  expect(refusalOf("http://partner.example.org/", false)).toBe("must begin with https://");
  expect(refusalOf("http://partner.example.org/", true)).toBeUndefined();
  expect(refusalOf("http://127.0.0.1:3000/", true)).toBeUndefined();
  expect(refusalOf("http://10.0.0.1/", true)).toBeDefined();
});
