import assert from "node:assert/strict";
import { issueCertificate } from "./certificates.ts";
import { MemoryLog } from "./memory_log.ts";
import { TestClock } from "./clock.ts";
import { bearer, type Cluster, reread } from "../../src/cluster/cluster.ts";
import { ClusterError } from "../../src/cluster/error.ts";
import { HttpApiServer } from "../../src/cluster/http_api_server.ts";

export const authority = issueCertificate("an authority");
export const trusted = issueCertificate("a server", { issuer: authority, hosts: ["127.0.0.1", "::1"] });
export const signal = new AbortController().signal;

interface Setup {
  handler?: Deno.ServeHandler;
  /** null: plain http. */
  tls?: { cert: string; key: string } | null;
  cluster?: Partial<Cluster>;
  hostname?: string;
}

/** Runs a test against a server of its own on loopback. */
export async function withServer(
  { handler = () => new Response("{}"), tls = trusted, cluster = {}, hostname = "127.0.0.1" }: Setup,
  test: (api: HttpApiServer, clock: TestClock, port: number) => Promise<void>,
): Promise<void> {
  const options = { hostname, port: 0, onListen: (): void => {} };
  const server = Deno.serve(tls === null ? options : { ...options, ...tls }, handler);
  const scheme = tls === null ? "http" : "https";
  const host = hostname === "::1" ? "[::1]" : hostname;
  const clock = new TestClock();
  const api = new HttpApiServer({
    server: new URL(`${scheme}://${host}:${server.addr.port}`),
    trust: () => Promise.resolve(authority.cert),
    trustFrom: "ca.crt",
    credentials: reread(() => Promise.resolve({ headers: bearer("a-token", "a test") })),
    ...cluster,
  }, { clock, log: new MemoryLog(), userAgent: "k8svent/1.2.3" });
  try {
    await test(api, clock, server.addr.port);
  } finally {
    api.close();
    await server.shutdown();
  }
}

export async function failure(answer: Promise<unknown>): Promise<ClusterError> {
  const error = await answer.then(() => undefined, (error) => error);
  assert.ok(error instanceof ClusterError, String(error));
  return error;
}

export function textOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  return new Response(stream).text();
}
