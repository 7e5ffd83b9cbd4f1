/**
 * The receiver of the benchmark, a process of its own, the same for every contender: it takes each request with 204,
 * and finds in the bytes which pod it is about and when the change was asked for. It parses nothing, so that it is
 * never what is waited for. It prints two URLs, of http and of https, for which its arguments are a certificate and a
 * key, as PEM.
 *
 *   POST /N         a delivery to endpoint N; to others the same pod or change is another one
 *   GET /report     what came since the last reset, as `Report`
 *   GET /latencies  milliseconds from asking for each change to its receipt, sorted
 *   POST /reset     ?since=INSTANT passes over changes that were asked for before
 *   POST /refuse    answers deliveries with 503 from now on
 *   POST /accept    takes them again
 */

/** What came; instants are milliseconds since the epoch. */
export interface Report {
  requests: number;
  /** Of these, those that were refused. */
  refused: number;
  /** Different pods, of each endpoint. */
  pods: number;
  firstAt: number;
  /** When the last pod came that had not come before. */
  lastNewAt: number;
  /** Changes that came to an endpoint for the first time, and when the last of them did. */
  changes: number;
  lastChangeAt: number;
}

const UID = new TextEncoder().encode('"uid":"');
const AT = new TextEncoder().encode('"bench/at":"');

let report: Report = empty();
let latencies: number[] = [];
let since = 0;
let seen = new Set<string>();
const recorded = new Set<string>();
let refuses = false;

function empty(): Report {
  return { requests: 0, refused: 0, pods: 0, firstAt: 0, lastNewAt: 0, changes: 0, lastChangeAt: 0 };
}

/** The text in quotes that follows a mark; undefined where the mark is not there. */
function valueAfter(mark: Uint8Array, body: Uint8Array): string | undefined {
  const found = indexOf(body, mark);
  if (found < 0) return undefined;
  const from = found + mark.length;
  return new TextDecoder().decode(body.subarray(from, body.indexOf(0x22, from)));
}

function indexOf(body: Uint8Array, mark: Uint8Array): number {
  const first = mark[0] ?? 0;
  for (let at = body.indexOf(first); at >= 0; at = body.indexOf(first, at + 1)) {
    if (mark.every((byte, index) => body[at + index] === byte)) return at;
  }
  return -1;
}

function take(endpoint: string, body: Uint8Array): void {
  const now = Date.now();
  report.requests++;
  if (report.firstAt === 0) report.firstAt = now;
  // The pod's own comes before those of its owners.
  const pod = `${endpoint} ${valueAfter(UID, body)}`;
  if (!seen.has(pod)) {
    seen.add(pod);
    report.pods++;
    report.lastNewAt = now;
  }
  const at = valueAfter(AT, body);
  // A change that comes again, as in the first list of the next contender, is no news.
  if (at === undefined || Number(at) < since || recorded.has(`${pod} ${at}`)) return;
  recorded.add(`${pod} ${at}`);
  report.changes++;
  report.lastChangeAt = now;
  latencies.push(now - Number(at));
}

async function handle(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/report":
      return Response.json(report);
    case "/latencies":
      return Response.json(latencies.toSorted((one, other) => one - other));
    case "/reset":
      report = empty();
      latencies = [];
      since = Number(searchParams.get("since"));
      seen = new Set();
      return new Response();
    case "/refuse":
      refuses = true;
      return new Response();
    case "/accept":
      refuses = false;
      return new Response();
    default: {
      const body = new Uint8Array(await request.arrayBuffer());
      if (refuses) {
        report.requests++;
        report.refused++;
        return new Response(null, { status: 503 });
      }
      take(pathname, body);
      return new Response(null, { status: 204 });
    }
  }
}

if (import.meta.main) {
  const [cert = "", key = ""] = Deno.args;
  const loopback = { hostname: "127.0.0.1", port: 0, onListen(): void {} };
  const plain = Deno.serve(loopback, handle);
  const secure = Deno.serve({ ...loopback, cert, key }, handle);
  const urls = `http://127.0.0.1:${plain.addr.port} https://127.0.0.1:${secure.addr.port}\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(urls));
}
