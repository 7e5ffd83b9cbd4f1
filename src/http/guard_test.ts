import assert from "node:assert/strict";
import { isIP } from "node:net";
import fc from "fast-check";
import { isPublicAddress } from "./guard.ts";
import { bareHost } from "../runtime/proxy.ts";

const PUBLIC = [
  "1.1.1.1",
  "8.8.8.8",
  "11.0.0.0",
  "9.255.255.255",
  "172.15.255.255",
  "172.32.0.0",
  "192.167.255.255",
];
const PUBLIC_6 = ["2606:4700:4700::1111", "2a00:1450:4001:800::200e", "::ffff:8.8.8.8", "::ffff:808:808"];

const PRIVATE: Record<string, string[]> = {
  "this network": ["0.0.0.0", "0.1.2.3"],
  loopback: ["127.0.0.1", "127.1.2.3", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1"],
  private: ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1"],
  "unique local": ["fc00::1", "fd12:3456::1"],
  "link-local": ["169.254.0.1", "169.254.20.10", "fe80::1", "fe80::1%eth0", "febf::1"],
  "site-local": ["fec0::1"],
  "carrier-grade NAT": ["100.64.0.1", "100.127.255.255"],
  metadata: [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd00:ec2::23",
  ],
  multicast: ["224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
  broadcast: ["255.255.255.255"],
  reserved: ["240.0.0.1", "192.0.0.1", "198.18.0.1", "198.19.255.255"],
  documentation: ["192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"],
  anycast: ["192.88.99.1", "192.31.196.1", "192.52.193.1", "192.175.48.1"],
  unspecified: ["::", "0:0:0:0:0:0:0:0"],
  mapped: [
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:a00:1",
    "::ffff:169.254.169.254",
    "::ffff:168.63.129.16",
  ],
  compatible: ["::7f00:1", "::127.0.0.1", "::8.8.8.8"],
  translated: ["::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1"],
  tunnelled: ["2002:7f00:1::1", "2002:a00:1::", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
  special: ["100::1", "5f00::1", "2001:2::1", "2001:10::1", "2001:20::1", "2620:4f:8000::1"],
  unassigned: ["4000::1", "1::1", "8000::1", "200::1"],
  "no address": [
    "",
    "localhost",
    "example.com",
    "[::1]",
    "8.8.8.8:80",
    "::1]:80/[::1",
    "::1]@[2606:4700::1",
    " 8.8.8.8",
    "8.8.8.8 ",
  ],
  "no usual spelling": ["0127.0.0.1", "0x7f.1", "2130706433", "8.8.2056", "134744072", "010.8.8.8"],
};

Deno.test("addresses of the public internet are allowed", () => {
  for (const address of [...PUBLIC, ...PUBLIC_6]) assert.equal(isPublicAddress(address), true, address);
});

for (const [kind, addresses] of Object.entries(PRIVATE)) {
  Deno.test(`no address of the kind "${kind}" is allowed`, () => {
    for (const address of addresses) assert.equal(isPublicAddress(address), false, address);
  });
}

Deno.test("an IPv4 address is judged alike by itself and mapped into IPv6, and never let through translated", () => {
  const byte = fc.nat(255);
  fc.assert(fc.property(byte, byte, byte, byte, (a, b, c, d) => {
    const address = `${a}.${b}.${c}.${d}`;
    const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
    assert.equal(isPublicAddress(`::ffff:${hex}`), isPublicAddress(address));
    for (const translated of [`64:ff9b::${hex}`, `::${hex}`, `2002:${hex}::`, `::ffff:0:${hex}`]) {
      assert.equal(isPublicAddress(translated), false, translated);
    }
  }));
});

Deno.test("no IPv6 address outside of the global unicast range is allowed", () => {
  const address = fc.ipV6().filter((text) =>
    !/^[23][0-9a-f]{3}:/i.test(text) && !/^(0*:)+:?ffff:/i.test(text)
  );
  fc.assert(fc.property(address, (text) => assert.equal(isPublicAddress(text), false)));
});

Deno.test("an address in a URL is known however it is written", () => {
  const spellings: [string, string][] = [
    ["127.0.0.1", "127.0.0.1"],
    ["127.0.0.1.", "127.0.0.1"],
    ["127.1", "127.0.0.1"],
    ["2130706433", "127.0.0.1"],
    ["0x7f000001", "127.0.0.1"],
    ["0x7f.1", "127.0.0.1"],
    ["0177.0.0.1", "127.0.0.1"],
    ["017700000001", "127.0.0.1"],
    ["%31%32%37.0.0.1", "127.0.0.1"],
    ["127。0。0。1", "127.0.0.1"],
    ["①②⑦.0.0.1", "127.0.0.1"],
    ["0", "0.0.0.0"],
    ["0xa9fea9fe", "169.254.169.254"],
    ["[::1]", "::1"],
    ["[::]", "::"],
    ["[::ffff:127.0.0.1]", "::ffff:7f00:1"],
    ["[0:0:0:0:0:ffff:7f00:1]", "::ffff:7f00:1"],
    ["[64:ff9b::127.0.0.1]", "64:ff9b::7f00:1"],
  ];
  for (const [host, address] of spellings) {
    assert.equal(literalOf(new URL(`https://${host}:8443/x`)), address, host);
    assert.equal(isPublicAddress(address), false, host);
  }
});

Deno.test("a host name in a URL is no address", () => {
  for (const host of ["example.com", "localhost", "127.0.0.1.example.com", "a.127", "x1"]) {
    const url = URL.parse(`https://${host}/`);
    assert.equal(url === null ? undefined : literalOf(url), undefined, host);
  }
});

/** What the client dials as it stands, and asks no resolver for. */
function literalOf(url: URL): string | undefined {
  const host = bareHost(url);
  return isIP(host) === 0 ? undefined : host;
}
