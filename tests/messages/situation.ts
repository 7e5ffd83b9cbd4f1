import { FakeApiServer } from "../kit/apiserver/server.ts";
import { MARK } from "../kit/confidential.ts";
import { Receiver, type Reply } from "../kit/receiver.ts";
import { type Behaviour, SocketServer } from "../kit/socket_server.ts";

/**
 * A situation that a person can get into, as data. In `args`, `env`, `files` and `stdin`, `{dir}` stands for a folder of
 * the situation's own, `{free}` for a port on which nothing listens, and `{NAME}` for the origin of the server NAME
 * (`{NAME.port}`: its port).
 */
export interface Situation {
  args?: string[];
  env?: Record<string, string>;
  /** In `{dir}`, by name. A name that ends with `/` is a folder. */
  files?: Record<string, string>;
  /** Octal modes of files. */
  modes?: Record<string, number>;
  stdin?: string;
  servers?: Record<string, Start>;
  /**
   * The API server; `--kubeconfig` leads to it. A cluster of three pods by default; null: no kubeconfig is given, and the
   * situation has its own way to a cluster, or none.
   */
  cluster?: Start | null;
  /** In place of the program, a task of deno.json: what builds, measures and shows it. */
  task?: string;
  /** Keeps the lines that are printed when all is well: what is followed, listed, delivered to. */
  routine?: true;
  /** A program that goes on is ended when it has printed this. */
  until?: string;
  /** Signals, each sent when it has printed the text before it. */
  signals?: [after: string, signal: Deno.Signal][];
  /** Runs the program by a shell, as `"$@"`: for what only a shell can do to it. */
  shell?: string;
}

/** By what was done; one area of the golden file. */
export type Area = Record<string, Situation>;

/** A server on loopback, for as long as a situation lasts. */
export interface Running {
  origin: string;
  close(): Promise<void>;
}

/** Starts one. */
export type Start = () => Promise<Running>;

/**
 * A webhook with a path and a query that nobody may see, at the server `hook`: one that takes everything, where a situation
 * has none of its own.
 */
export const HOOK = ["--url", `a={hook}/${MARK}?key=${MARK}`];

/** A webhook of a program that does not get as far as to ask it. */
export const ANY_HOOK = ["--url", `a=https://hooks.example.com/${MARK}`];

/** A webhook receiver that answers each request so, or (a function) its requests in their order, from 0, and by the pod's name. */
export function answering(reply: Reply | ((request: number, pod: string) => Reply | Promise<Reply>)): Start {
  return async () => {
    let requests = 0;
    const receiver = await Receiver.start({
      reply: ({ body }) =>
        typeof reply === "function" ? reply(requests++, body?.pod.metadata.name ?? "") : reply,
    });
    return { origin: receiver.url, close: () => receiver.close() };
  };
}

/** A server that does to its sockets what it likes. */
export function raw(behaviour: Behaviour): Start {
  return async () => {
    const server = await SocketServer.listen(behaviour);
    const scheme = behaviour.tls === undefined ? "http" : "https";
    return { origin: `${scheme}://127.0.0.1:${server.port}`, close: () => server[Symbol.asyncDispose]() };
  };
}

/** A server that answers each request with this text, head and all. */
export function saying(answer: string, tls?: Behaviour["tls"]): Start {
  return raw({ onRequest: (socket) => void socket.end(answer), ...tls && { tls } });
}

/** A server that answers by the path, with replies as `saying` takes them. @param route is given the request's head, too */
export function routing(route: (path: string, head: string) => string): Start {
  return raw({
    onRequest: (socket, { head }) => void socket.end(route(head.split(" ")[1] ?? "", head)),
  });
}

/** A server that answers the first bytes of a handshake with an alert (RFC 8446, 6.2), by its number. */
export function alerting(code: number): Start {
  return raw({ onData: (socket) => void socket.end(new Uint8Array([0x15, 3, 3, 0, 2, 2, code])) });
}

/** An answer as `saying` takes it. */
export function http(status: string, body = "", ...fields: string[]): string {
  const head = [`HTTP/1.1 ${status}`, `content-length: ${body.length}`, "connection: close", ...fields];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** An API server of three pods, in two namespaces. @param prepare makes it misbehave */
export function fake(prepare: (server: FakeApiServer) => void = () => {}): Start {
  return async () => {
    const server = await FakeApiServer.start();
    for (const [namespace, name] of [["shop", "web-0"], ["shop", "web-1"], ["team", "db-0"]] as const) {
      server.create({
        metadata: { namespace, name },
        spec: { containers: [{ name: "main", image: "x:1" }] },
      });
    }
    prepare(server);
    return { origin: server.url, close: () => server.close() };
  };
}

/** An API server that answers each list so. */
export function failing(status: number | "hang" | "reset", body?: string): Start {
  return fake(({ faults }) =>
    faults.answers.push({ kind: "any", status, times: 1_000, ...body !== undefined && { body } })
  );
}

/** A kubeconfig; JSON is YAML. */
export function kubeconfig(
  cluster: Record<string, unknown>,
  user: Record<string, unknown> = {},
  more: Record<string, unknown> = {},
): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "dev",
    contexts: [{ name: "dev", context: { cluster: "dev", user: "me" } }],
    clusters: [{ name: "dev", cluster }],
    users: [{ name: "me", user }],
    ...more,
  });
}
