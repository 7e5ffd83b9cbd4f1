import { RegistryError } from "./registry_error.ts";

/** An answer, its body read to the end. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}

/**
 * One GET, whatever its status; redirects are answers. The signal ends it at any moment, with its reason.
 *
 * @throws {RegistryError} `unreachable` without an answer, `protocol` for a body of more than 4 MiB.
 */
export type HttpGet = (url: URL, headers: Record<string, string>, signal: AbortSignal) => Promise<Answer>;

/** Bytes. A registry refuses manifests of more (distribution's own limit); a page of tags is far below it. */
const LARGEST = 4 * 1024 * 1024;

/** Gets by the runtime's fetch, which obeys `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. */
export const httpGet: HttpGet = async (url, headers, signal) => {
  const response = await fetch(url, { headers, redirect: "manual", signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new RegistryError("unreachable", `${url.host} cannot be reached${whyNot(cause)}`, { cause });
  });
  const body = await read(response, url, signal);
  // Used after the body: an abort ends its reading only as long as something holds the Response (Deno 2.9.6).
  return { status: response.status, headers: response.headers, body };
};

/** The words of hyper, rustls and the operating system, which are all that tells; the first that fits. */
const REASONS: [RegExp, string][] = [
  [/invalid peer certificate/, "its certificate is not trusted: name its authority's PEM file in DENO_CERT"],
  [
    /InvalidContentType|InvalidMessage/,
    "it does not speak TLS: if that is meant, name it with --insecure-registry",
  ],
  [/dns error|failed to lookup address/, "its name cannot be resolved"],
  [/connection refused/i, "the connection was refused"],
];

/** The rest of the clause. The words themselves quote the URL. */
function whyNot(cause: unknown): string {
  const words: string[] = [];
  for (let at = cause; at instanceof Error; at = at.cause) words.push(at.message);
  const reason = REASONS.find(([pattern]) => pattern.test(words.join("\n")));
  return reason === undefined ? "" : `: ${reason[1]}`;
}

async function read(response: Response, url: URL, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body ?? []) {
      length += chunk.length;
      // Leaving the loop cancels the body.
      if (length > LARGEST) throw new RegistryError("protocol", `${url.host} sends more than 4 MiB at once`);
      chunks.push(chunk);
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError("unreachable", `${url.host} broke off its answer`, { cause });
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
