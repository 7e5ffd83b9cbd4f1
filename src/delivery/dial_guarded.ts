import { lookup as lookUp } from "node:dns/promises";
import { isIP, type LookupFunction, type Socket } from "node:net";
import { buildConnector, Client } from "undici";
import { type Dial, DialError, type Reply, type Request } from "./dial.ts";
import { dialFailure } from "./dial_failure.ts";
import { isPublicAddress, literalAddress } from "./guard.ts";
import { readReplyBody } from "./reply_body.ts";

/** What tests replace. */
export interface GuardedDialOptions {
  /** All addresses of a host name, as literals. By default the operating system's resolver. Called once an attempt. */
  resolve?: (host: string) => Promise<string[]>;
  /** Whether an address may be dialled. By default {@link isPublicAddress}. */
  allowed?: (address: string) => boolean;
  /** PEM: the only authority that is trusted. By default the runtime's. */
  ca?: string;
}

/**
 * The dial for endpoints that a pod's annotation named, which means: that anybody who may create pods chose.
 * https only; every address of the host must be allowed, and one of just these is dialled, so that a name
 * which resolves differently a moment later gains nothing; redirects are answers like any other; the proxies
 * of the environment are not used, since a proxy would resolve the name anew.
 *
 * Each attempt has a connection of its own, which it ends: nothing has to be closed afterwards, nothing stays
 * open for a hundred strangers, and each attempt is checked.
 */
export function guardedDial(options: GuardedDialOptions = {}): Dial {
  const { resolve = resolveBySystem, allowed = isPublicAddress, ca } = options;
  return async (request, signal) => {
    signal.throwIfAborted();
    const addresses = await checkedAddresses(request.url, resolve, allowed, signal);
    return await post(request, addresses, ca, signal);
  };
}

async function resolveBySystem(host: string): Promise<string[]> {
  return (await lookUp(host, { all: true })).map(({ address }) => address);
}

async function checkedAddresses(
  url: URL,
  resolve: (host: string) => Promise<string[]>,
  allowed: (address: string) => boolean,
  signal: AbortSignal,
): Promise<string[]> {
  if (url.protocol !== "https:") {
    throw new DialError("blocked", `${url.host} is not dialled: the webhook of a pod must be https.`);
  }
  const literal = literalAddress(url);
  const addresses = literal === undefined
    ? await unlessAborted(resolve(url.hostname), signal).catch((error: unknown) => {
      signal.throwIfAborted();
      throw dialFailure(error, url);
    })
    : [literal];
  const [first] = addresses;
  if (first === undefined) {
    throw new DialError("network", `The name of ${url.host} has no address. Check its spelling.`);
  }
  // One that is refused refuses all: a public host has no business with a private address.
  const refused = addresses.find((address) => !allowed(address));
  if (refused !== undefined) {
    throw new DialError(
      "blocked",
      `${url.host} is not dialled: its address ${refused} is not public, and the webhook of a pod must be.`,
    );
  }
  return addresses;
}

async function post(
  request: Request,
  addresses: string[],
  ca: string | undefined,
  signal: AbortSignal,
): Promise<Reply> {
  const { url, headers, body } = request;
  const connect = buildConnector({
    lookup: answering(addresses),
    // 0: undici's timers are its own, so they outlive a test's clock; the signal is the deadline of everything.
    timeout: 0,
    allowH2: false,
    maxCachedSessions: 0,
    ...ca !== undefined && { ca },
  });
  let socket: Socket | undefined;
  const client = new Client(url.origin, {
    connect: (target, done) => socket = connect(target, done) as unknown as Socket,
    // Connection: close. The other two are timers again.
    pipelining: 0,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  // undici looks at a signal only once it is connected; a destroyed socket ends every phase.
  const stop = (): void => void socket?.destroy(new Error("aborted"));
  signal.addEventListener("abort", stop);
  try {
    const answer = await client.request({ method: "POST", path: url.pathname + url.search, headers, body });
    const text = await readReplyBody(answer.body);
    return { status: answer.statusCode, headers: readHeaders(answer.headers), body: text };
  } catch (error) {
    signal.throwIfAborted();
    throw dialFailure(error, url);
  } finally {
    signal.removeEventListener("abort", stop);
    stop();
    await client.destroy();
  }
}

/** Answers every question with the addresses that were checked, whatever the name. */
function answering(addresses: string[]): LookupFunction {
  const answers = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, done) => {
    const [first] = answers;
    if (options.all || first === undefined) done(null, answers);
    else done(null, first.address, first.family);
  };
}

/** undici gives a header that came several times as a list. */
function readHeaders(raw: Record<string, string | string[] | undefined>): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(raw)) {
    for (const value of [values].flat()) headers.append(name, value);
  }
  return headers;
}

/** What the promise comes to, unless the signal aborts first: a resolver cannot be stopped, only left alone. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop);
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
