import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * Addresses that look public and are not: the platform services of a cloud, which answer to every machine in
 * it. The others (169.254.169.254, 169.254.170.2, 100.100.100.200, 192.0.0.192, fd00:ec2::254) lie in ranges
 * that are refused as a whole.
 */
const PLATFORM = new Set([
  // Azure: WireServer, DNS, health probes.
  "168.63.129.16",
]);

/** What IANA gives out for use on the internet (IANA IPv6 address space registry); ipaddr.js calls all the rest unicast. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether the address, an IPv4 or IPv6 literal, belongs to the public internet. Denies by default: everything
 * that has a special purpose (RFC 6890) is refused, and so is every text that is not the usual spelling of an
 * address. IPv4 inside IPv6 counts as the IPv4 address where it is mapped; where it is translated (NAT64, 6to4,
 * Teredo) it is refused, since who translates it, and to what, cannot be known here.
 */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  if (version === 4) return isPublic(ipaddr.parse(address));
  // ipaddr.js takes `::8.8.8.8` for a mapped address, which it is not; the URL parser's spelling has no dots.
  const url = URL.parse(`https://[${address}]`);
  return url !== null && isPublic(ipaddr.process(url.hostname.slice(1, -1)));
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== "unicast") return false;
  return address instanceof ipaddr.IPv6 ? address.match(GLOBAL_UNICAST) : !PLATFORM.has(address.toString());
}
