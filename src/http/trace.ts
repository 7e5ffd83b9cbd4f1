import type { X509Certificate } from "node:crypto";
import type { ClientOptions } from "./client.ts";
import { lookAgain } from "./dial.ts";
import { connectBySystem, Network, type NetworkDeps, resolveBySystem } from "./network.ts";
import { makeRoute } from "./route.ts";

/** What happened on the way to a receiver, or to the proxy before it. `took`: milliseconds. */
export type Step =
  | { kind: "name"; host: string; addresses: string[]; took: number }
  | { kind: "connection"; address: string; port: number; isOpen: boolean; took: number };

/**
 * A network that reports each step when it has ended, in that order; but nothing that is given up because another address
 * was faster.
 */
export function tracedNetwork(deps: NetworkDeps, onStep: (step: Step) => void): Network {
  const { clock, resolve = resolveBySystem, connect = connectBySystem } = deps;
  return new Network({
    clock,
    async resolve(host): Promise<string[]> {
      const since = clock.monotonic();
      const addresses = await resolve(host).catch((error) => {
        onStep({ kind: "name", host, addresses: [], took: clock.monotonic() - since });
        throw error;
      });
      onStep({ kind: "name", host, addresses, took: clock.monotonic() - since });
      return addresses;
    },
    async connect(address, port, signal): Promise<Deno.TcpConn> {
      const since = clock.monotonic();
      const tell = (isOpen: boolean): void => {
        if (!signal.aborted) {
          onStep({ kind: "connection", address, port, isOpen, took: clock.monotonic() - since });
        }
      };
      try {
        const connection = await connect(address, port, signal);
        tell(true);
        return connection;
      } catch (error) {
        tell(false);
        throw error;
      }
    },
  });
}

/** A certificate of a chain, as a person looks at it. */
export interface Link {
  subject: string;
  issuer: string;
  /** What it is for, as OpenSSL writes it: `DNS:hooks.example.com`. */
  names: string;
  /** When it ends. */
  until: Date;
}

/**
 * The certificates that the receiver at a URL shows, its own first: whether it is trusted or not. Makes a connection of its
 * own, by its `network`; empty where that fails or where it is no https.
 */
export async function certificatesOf(url: URL, options: ClientOptions, signal: AbortSignal): Promise<Link[]> {
  const route = makeRoute(url, options);
  if ("kind" in route || url.protocol !== "https:") return [];
  const tls = options.tls?.();
  const way = { ...route.way, ...tls !== undefined && !("kind" in tls) && { tls } };
  const look = await lookAgain(way, options.network, signal);
  return (look?.chain ?? []).map(linkOf);
}

function linkOf({ subject, issuer, subjectAltName, validToDate }: X509Certificate): Link {
  return {
    subject: nameOf(subject),
    issuer: nameOf(issuer),
    names: subjectAltName ?? "",
    until: validToDate,
  };
}

/** The common name, else the whole on one line. */
function nameOf(distinguished: string): string {
  return /^CN=(.*)$/m.exec(distinguished)?.[1] ?? distinguished.replaceAll("\n", ", ");
}
