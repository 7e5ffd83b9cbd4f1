import { Access, type AccessDeps } from "../../src/admin/access.ts";
import { adminService } from "../../src/admin/admin_service.ts";
import { listen, type Listening } from "../../src/admin/listen.ts";
import type { FileText } from "../../src/runtime/credential_files.ts";
import { FakeAdmin } from "./admin.ts";
import { TestClock } from "./clock.ts";
import { MemoryLog } from "./memory_log.ts";

/** The token of a port that asks for one. */
export const TOKEN = "a-token-of-32-characters-01234567";

/** Serves page and API on loopback, over a program that may be none. @param port 0, and by default: a free one */
export function serveAdmin(
  { admin, port = 0, ...parts }: Omit<AccessDeps, "host" | "stop"> & { admin: FakeAdmin; port?: number },
): Listening {
  const { clock, log } = parts;
  const stop = new AbortController();
  const access = new Access({ ...parts, host: "127.0.0.1", stop: stop.signal });
  const listening = listen(
    { host: "127.0.0.1", port },
    adminService({ admin, access, clock, log }),
    clock,
  );
  return {
    port: listening.port,
    async close(): Promise<void> {
      stop.abort();
      await listening.close();
    },
  };
}

/** What came of a request. */
export interface Answered {
  status: number;
  headers: Headers;
  text: string;
}

/** A port of page and API over a program that is none, with a clock that stands still. */
export class AdminPort {
  readonly admin = new FakeAdmin();
  readonly clock: TestClock = new TestClock(Date.parse("2026-11-27T12:00:00Z"));
  readonly log = new MemoryLog();
  /** What the token's file holds. */
  token: FileText = { text: TOKEN };
  readonly port: number;
  readonly close: () => Promise<void>;

  /** @param asksForToken without: it is one on loopback */
  constructor({ asksForToken = true }: { asksForToken?: boolean } = {}) {
    const { admin, clock, log } = this;
    let count = 0;
    const listening = serveAdmin({
      admin,
      clock,
      log,
      randomBytes: (bytes) => new Uint8Array(bytes).fill(++count),
      ...asksForToken && { token: () => this.token },
    });
    this.port = listening.port;
    this.close = () => listening.close();
  }

  /**
   * Sends a request of its own connection, with what a browser's `fetch` lets nobody say, too.
   *
   * @param fields beside Host; undefined takes one away
   */
  async ask(
    request: string,
    fields: Record<string, string | undefined> = {},
    body = "",
  ): Promise<Answered> {
    const [method = "", target = ""] = request.split(" ");
    const all: Record<string, string | undefined> = {
      host: `127.0.0.1:${this.port}`,
      connection: "close",
      ...body !== "" && {
        "content-length": String(body.length),
        "content-type": body.startsWith("{") ? "application/json" : "application/x-www-form-urlencoded",
      },
      ...fields,
    };
    const lines = Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}: ${value}\r\n`]
    );
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    await connection.write(
      new TextEncoder().encode(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n${body}`),
    );
    const [head = "", ...rest] = (await new Response(connection.readable).text()).split("\r\n\r\n");
    const [first = "", ...named] = head.split("\r\n");
    const pairs = named.map((line): [string, string] => {
      const [name = "", ...value] = line.split(": ");
      return [name, value.join(": ")];
    });
    return { status: Number(first.split(" ")[1]), headers: new Headers(pairs), text: rest.join("\r\n\r\n") };
  }

  /** The same as somebody who has the token. */
  bear(request: string, body = ""): Promise<Answered> {
    return this.ask(request, { authorization: `Bearer ${TOKEN}` }, body);
  }
}

/** A port for as long as a test lasts. */
export async function withAdminPort(
  test: (port: AdminPort) => Promise<void>,
  how: { asksForToken?: boolean } = {},
): Promise<void> {
  const port = new AdminPort(how);
  try {
    await test(port);
  } finally {
    await port.close();
  }
}
