import { dialFailure, exchangeFailure, hostLabel, type Place } from "../http/failure.ts";
import { type Tls, USUAL } from "../http/tls.ts";
import { wordsOf } from "../runtime/error_words.ts";
import type { Env } from "../runtime/environment.ts";
import { fileFault } from "../runtime/file_fault.ts";
import { hostFault } from "../runtime/host_name.ts";
import { pemBlocks } from "../runtime/pem.ts";
import { readTextUpTo } from "../runtime/named_text.ts";
import type { CollectorTls } from "../runtime/otlp_traces.ts";
import { bareHost, portOf, type Proxy, proxyFor } from "../runtime/proxy.ts";
import { adviceOnRefusal } from "../runtime/proxy_fault.ts";
import { PREFIX, unsendableHeaders, valueOf } from "./trace_variables.ts";

/*
 * The collector of traces that OpenTelemetry's variables name: what is to be known of it before the exporter is loaded, and why
 * it got nothing. The exporter reads the rest of the variables by itself, and says nothing of what is wrong with any.
 */

/** One that can be spoken to. */
export interface Collector {
  url: URL;
  /** The way to it; absent: none is needed. */
  proxy?: Proxy;
  /** What the files hold that the variables name. */
  tls: CollectorTls;
}

/** Undefined: the variables name none. `problem`: a clause, for which nothing can be traced. */
export function collectorOf(env: Env): Collector | { problem: string } | undefined {
  const exporters = (env("OTEL_TRACES_EXPORTER")?.trim() || "otlp").split(",").map((one) => one.trim());
  if (env("OTEL_SDK_DISABLED")?.trim().toLowerCase() === "true" || exporters.includes("none")) {
    return undefined;
  }
  const [name, text] = valueOf("ENDPOINT", env);
  if (name === undefined) return undefined;
  if (!exporters.includes("otlp")) {
    return {
      problem: "OTEL_TRACES_EXPORTER names another exporter than otlp, which is the only one there is",
    };
  }
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return { problem: `${name} is not the URL of a collector, such as http://collector:4318` };
  }
  const fault = hostFault(url.hostname);
  if (fault !== undefined) return { problem: `${name} ${fault}` };
  const [protocol, spoken] = valueOf("PROTOCOL", env);
  if (protocol !== undefined && !spoken.startsWith("http/")) {
    const problem =
      `${protocol} asks for another protocol than OTLP over HTTP, which is all that is spoken here: name ` +
      "that port of the collector, most often 4318, and set it to http/json";
    return { problem };
  }
  const headers = unsendableHeaders(env);
  if (headers !== undefined) return { problem: `${headers} names a header that no request can carry` };
  const tls = url.protocol === "https:" ? tlsOf(env) : {};
  if ("problem" in tls) return tls;
  const proxy = proxyFor(url, env);
  if (proxy !== undefined && "problem" in proxy) return proxy;
  return { url, tls, ...proxy !== undefined && { proxy } };
}

const FILES = { ca: "CERTIFICATE", cert: "CLIENT_CERTIFICATE", key: "CLIENT_KEY" } as const;

/** Bytes: a bundle of all authorities of a system has 250 KB. */
const LONGEST_PEM = 2 ** 20;

function tlsOf(env: Env): CollectorTls | { problem: string } {
  const tls: CollectorTls = {};
  for (const [part, ending] of Object.entries(FILES)) {
    const [name, file] = valueOf(ending, env);
    if (name === undefined) continue;
    let text: string;
    try {
      text = readTextUpTo(file, LONGEST_PEM);
    } catch (error) {
      return { problem: `Cannot read the file of ${name}, ${file}: ${fileFault(error, file)}` };
    }
    if (pemBlocks(text).length === 0) {
      return { problem: `The file of ${name}, ${file}, holds nothing in PEM` };
    }
    tls[part as keyof typeof FILES] = text;
  }
  return tls;
}

/** Why an export failed, as a clause of our own: what the exporter says may hold the URL, or what the collector answered. */
export function whyNotExported(error: unknown, { url, proxy, tls }: Collector): string {
  const label = hostLabel(bareHost(url), portOf(url));
  if (error instanceof Error && "code" in error && typeof error.code === "number") {
    return answered(error.code, label, url.protocol === "http:" ? proxy : undefined);
  }
  const words = wordsOf(error);
  if (/retryable status/i.test(words)) return `${label} is overloaded, or not ready`;
  if (/partial success/i.test(words)) return `${label} rejects some of them: its log says why`;
  if (/exceeded size limit/i.test(words)) {
    return `${label} does not end its answer, so it may be another server`;
  }
  // So many that wait for their end have met a collector that answers without an end.
  if (/timed? ?out|concurrent export limit/i.test(words)) return `${label} does not answer in time`;
  const [, refusal] = /^Failed to establish tunnel .*: HTTP\/1\.\d (\d{3})/m.exec(words) ?? [];
  if (proxy !== undefined && refusal !== undefined) return refused(Number(refusal), proxy);
  const isTls = url.protocol === "https:";
  const place: Place = { label, proxyFrom: undefined, via: proxy, isTls, tls: shown(tls) };
  const failure = dialFailure(error, place);
  const isOfTls = failure.fault === "certificate" || failure.fault === "tls";
  // Nothing but the proxy is dialled where there is one.
  if (proxy !== undefined && !isOfTls) {
    const way = { label: proxy.label, proxyFrom: proxy.from, via: undefined };
    return dialFailure(error, { ...way, isTls: proxy.scheme === "https", tls: USUAL }).message;
  }
  const isEnded = url.protocol === "http:" && /ECONNRESET|EPIPE/.test(words);
  if (isEnded) {
    const past = { stale: false, hasAnswered: false };
    return exchangeFailure(undefined, "closed the connection without an answer", place, past).message;
  }
  // To the runtime's node:https, one that has expired is like one that nobody trusts (Deno 2.9.6).
  const orOver = /UNABLE_TO_VERIFY_LEAF/.test(words) ? ", and check that it has not expired" : "";
  return `${failure.message}${orOver}`;
}

function answered(status: number, label: string, proxy: Proxy | undefined): string {
  if (status === 407 && proxy !== undefined) return refused(status, proxy);
  return `${label} answered ${status}${status === 404 ? ", so it may be another server" : ""}`;
}

function refused(status: number, proxy: Proxy): string {
  if (status === 407) {
    return `the proxy ${proxy.label} wants a user and a password (status 407): put them into ${proxy.from}`;
  }
  return `the proxy ${proxy.label} refused to open a way there (status ${status}). ${
    adviceOnRefusal(status, proxy)
  }`;
}

/** As the sentences about TLS read it. */
function shown({ cert, key }: CollectorTls): Tls {
  const from = `${PREFIX}${FILES.cert}`;
  return {
    caCerts: [],
    trustIn: `${PREFIX}${FILES.ca}`,
    certificateIn: `${from} and ${PREFIX}${FILES.key}`,
    ...cert !== undefined && { certificate: { cert, key: key ?? "", from } },
  };
}
