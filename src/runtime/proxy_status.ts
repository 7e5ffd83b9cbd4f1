import { wordsOf } from "./error_words.ts";
import { portOf, type Proxy, proxyAuthorization } from "./proxy.ts";

/*
 * With what status a proxy refuses a tunnel. The runtime's `fetch` says that it does ("unsuccessful tunnel"), and not with
 * what: whether it forbids the host, does not get there or knows no CONNECT. So the proxy is asked once more, without `fetch`.
 */

/** Bytes of an answer's head, of which the first line is wanted. */
const LONGEST_HEAD = 4_096;

/**
 * The error of a request with the status in its words, where a proxy refused the tunnel for it; any other error as it is.
 *
 * @param url that was asked for
 * @param signal ends the asking: the error is then as it was
 */
export async function withProxyStatus(
  error: unknown,
  proxy: Proxy | undefined,
  url: URL,
  signal: AbortSignal,
): Promise<unknown> {
  if (proxy === undefined || !/unsuccessful tunnel(?!: \d)/.test(wordsOf(error))) return error;
  const status = await askForTunnel(proxy, `${url.hostname}:${portOf(url)}`, signal).catch(() => undefined);
  // It may have changed its mind: then nothing is known of the refusal.
  if (status === undefined || status < 300) return error;
  return new Error(tunnelRefused(status), { cause: error });
}

/** A refusal in the words of hyper, and with its status: `proxyFault` reads them. */
export function tunnelRefused(status: number): string {
  return status === 407 ? "proxy authentication required" : `unsuccessful tunnel: ${status}`;
}

/** The status of a CONNECT (RFC 9110 §9.3.6); undefined where the answer is none of HTTP. @throws the runtime's errors */
async function askForTunnel(proxy: Proxy, target: string, signal: AbortSignal): Promise<number | undefined> {
  if (proxy.scheme !== "http" && proxy.scheme !== "https") return undefined;
  const { host: hostname, port } = proxy;
  const tcp = await Deno.connect({ hostname, port, signal });
  let connection: Deno.Conn = tcp;
  const end = (): void => {
    try {
      connection.close();
    } catch {
      // In the midst of a handshake it is not there to be closed.
    }
  };
  signal.addEventListener("abort", end, { once: true });
  try {
    if (proxy.scheme === "https") {
      connection = await Deno.startTls(tcp, { hostname, alpnProtocols: ["http/1.1"] });
    }
    const authorization = proxyAuthorization(proxy);
    const credentials = authorization === undefined ? "" : `proxy-authorization: ${authorization}\r\n`;
    const request = new TextEncoder().encode(
      `CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n${credentials}\r\n`,
    );
    for (let at = 0; at < request.length;) at += await connection.write(request.subarray(at));
    const [, status] = /^HTTP\/1\.\d (\d{3})/.exec(await firstLine(connection)) ?? [];
    return status === undefined ? undefined : Number(status);
  } finally {
    signal.removeEventListener("abort", end);
    end();
  }
}

async function firstLine(connection: Deno.Conn): Promise<string> {
  const decoder = new TextDecoder("latin1");
  const buffer = new Uint8Array(LONGEST_HEAD);
  let text = "";
  while (!text.includes("\n") && text.length < LONGEST_HEAD) {
    const count = await connection.read(buffer);
    if (count === null) break;
    text += decoder.decode(buffer.subarray(0, count));
  }
  return text;
}
