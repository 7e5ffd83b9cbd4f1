/** Hosts that a pod's annotation may name: one `--pod-webhooks`. */
export interface HostPattern {
  /** As the URL parser writes a host name: lower case, international names in their ASCII form. */
  host: string;
  /** Any name below `host`, at any depth, but not `host` itself. */
  below: boolean;
  /** As `URL.port`: empty for 443. */
  port: string;
}

const PATTERN = /^(?<below>\*\.)?(?<host>[^\s*:/\\?#@%[\]]+)(?<port>:\d{1,5})?$/;

/** What the URL parser makes of each spelling of an IPv4 address: `0x7f.1`, `2130706433`, `0177.0.0.1`. */
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;

/**
 * Reads `hooks.example.com`, `*.example.com` or either with a port, `hooks.example.com:8443`. Without one it
 * means port 443 alone: who may create pods should not choose ports of somebody's host.
 *
 * Addresses are refused: they have no owner that a certificate could prove, and a private one would only be
 * blocked later, at each attempt. So is `*.com`, which is a whole registry and surely a slip.
 *
 * @throws {TypeError} with a sentence for the person who wrote the pattern.
 */
export function parseHostPattern(text: string): HostPattern {
  const parts = PATTERN.exec(text)?.groups;
  const url = parts && URL.parse(`https://${parts["host"]}${parts["port"] ?? ""}`);
  if (!parts || !url || url.hostname === "" || url.hostname.endsWith(".")) {
    throw new TypeError(
      `${
        JSON.stringify(text)
      } is not a host: write hooks.example.com or *.example.com, with :PORT unless it is 443.`,
    );
  }
  if (IPV4.test(url.hostname)) {
    throw new TypeError(
      `${JSON.stringify(text)} is an address: the webhooks of pods are known by host name.`,
    );
  }
  const below = parts["below"] !== undefined;
  if (below && !url.hostname.includes(".")) {
    throw new TypeError(`${JSON.stringify(text)} covers too much: name a domain, such as *.example.com.`);
  }
  return { host: url.hostname, below, port: url.port };
}

/** Whether the URL's host and port are what the pattern names. The scheme is for the caller to check. */
export function matchesHost(pattern: HostPattern, url: URL): boolean {
  if (url.port !== pattern.port) return false;
  return pattern.below ? url.hostname.endsWith(`.${pattern.host}`) : url.hostname === pattern.host;
}
