import type { DeliveryDetail, DeliveryList, EndpointStatus, Status } from "../admin/admin.ts";
import { AdminClient, type Reply } from "../admin/client.ts";
import { list, ref } from "../admin/openapi_schemas.ts";
import { isLoopback } from "../admin/loopback.ts";
import { inGivenNames } from "../cli/given_names.ts";
import type { OperateOptions, Operation, Reach } from "../cli/job.ts";
import { forward } from "../cli/operate_pages.ts";
import { shownAs } from "../cli/output.ts";
import { certificateFault } from "../http/certificate_fault.ts";
import { hostLabel } from "../http/failure.ts";
import { USUAL } from "../http/tls.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Env } from "../runtime/environment.ts";
import type { Paint } from "../runtime/paint.ts";
import { printable } from "../runtime/printable.ts";
import { bareHost, portOf } from "../runtime/proxy.ts";
import { capitalized, counted } from "../runtime/wording.ts";
import { deliveriesText, deliveryText } from "./operate_deliveries.ts";
import { isWell, statusText } from "./operate_status.ts";

/*
 * `k8svent status`, `deliveries`, `redeliver`, `discard`, `resync`, `pause` and `resume`: what a running program is asked, and
 * what is printed of its answer.
 */

/** What it needs of the world. */
export interface OperateWorld {
  clock: Clock;
  env: Env;
  paint: Paint;
  print: (text: string) => Promise<void>;
  /** Takes a line for stderr. */
  remark: (line: string) => void;
  stop: AbortSignal;
}

/** Carries it out. Returns the exit code. */
export async function operate(options: OperateOptions, world: OperateWorld): Promise<0 | 1> {
  const client = clientOf(options, world);
  const came = await carryOut(options.operation, client, world);
  if (came.kind === "done") {
    await world.print(await shownAs(options.output, came.value, came.text));
    return came.isWell ? 0 : 1;
  }
  world.remark(wayOut(came.reply, options));
  return 1;
}

/** Asks the program that is to be reached. */
export function clientOf(reach: Pick<Reach, "server" | "token">, { env, stop }: OperateWorld): AdminClient {
  const { server } = reach;
  const whose = {
    name: hostLabel(bareHost(server), portOf(server)),
    trustIn: USUAL.trustIn,
    serverName: undefined,
  };
  return new AdminClient({
    ...reach,
    env,
    stop,
    certificateFault: (words) => certificateFault(words, whose, []),
  });
}

/** What an operation came to: what is printed as data or as text, or an answer that is none. */
type Came =
  | { kind: "done"; value: unknown; text: () => string; isWell: boolean }
  | { kind: "failed"; reply: Failed };

/** An answer that is none. */
export type Failed = Exclude<Reply<never>, { kind: "answer" }>;

async function carryOut(operation: Operation, client: AdminClient, world: OperateWorld): Promise<Came> {
  const now = world.clock.now();
  switch (operation.kind) {
    case "status": {
      const [status, endpoints] = await Promise.all([
        client.get<Status>(ref("Status"), ["status"]),
        client.get<EndpointStatus[]>(ENDPOINTS, ["endpoints"]),
      ]);
      if (status.kind !== "answer") return { kind: "failed", reply: status };
      if (endpoints.kind !== "answer") return { kind: "failed", reply: endpoints };
      const value = { ...status.value, endpoints: endpoints.value };
      const text = (): string => statusText(inLines(value), now, world.paint);
      return { kind: "done", value, text, isWell: isWell(value) };
    }
    case "delivery": {
      const { endpoint, id } = operation;
      const reply = await client.get<DeliveryDetail>(ref("DeliveryDetail"), [
        "endpoints",
        endpoint,
        "deliveries",
        id,
      ]);
      return done(reply, (detail) => deliveryText(detail, now, world.paint));
    }
    case "deliveries":
      return await deliveries(operation, client, world);
    case "resync": {
      const { endpoint, since } = operation;
      const where = endpoint === undefined ? [] : ["endpoints", endpoint];
      const reply = await client.post<Count>(
        ref("Done"),
        [...where, "resync"],
        since === undefined ? {} : { since },
      );
      const to = endpoint === undefined ? "" : ` to ${endpoint}`;
      return done(
        reply,
        ({ count }) => `${sentence(counted(count, "message"), count)} on the way${to}.\n`,
      );
    }
    case "pause":
    case "resume": {
      const { kind, endpoint } = operation;
      const reply = await client.post<Count>(ref("Done"), ["endpoints", endpoint, kind]);
      const said = kind === "pause"
        ? `${endpoint} is paused: nothing more is sent to it until k8svent resume ${endpoint}.\n`
        : `${endpoint} is sent to again.\n`;
      return done(reply, () => said);
    }
    case "redeliver":
    case "discard": {
      const { kind, endpoint, id } = operation;
      const which = id === undefined ? [] : ["deliveries", id];
      const reply = await client.post<Count>(ref("Done"), ["endpoints", endpoint, ...which, kind]);
      const became = kind === "redeliver" ? "tried again now" : "given up, and counted as lost";
      return done(reply, ({ count }) => {
        if (count === 0) return `${endpoint} has no dead letters.\n`;
        const subject = `${counted(count, "dead letter")} of ${endpoint}`;
        return `${sentence(subject, count)} ${became}.\n`;
      });
    }
  }
}

interface Count {
  count: number;
}

const ENDPOINTS = list(ref("EndpointStatus"));

function done<T>(reply: Reply<T>, text: (value: T) => string): Came {
  if (reply.kind !== "answer") return { kind: "failed", reply };
  return { kind: "done", value: reply.value, text: () => text(inLines(reply.value)), isWell: true };
}

/** An answer as a person may see it: somebody else wrote it. A body stays what it is, to be escaped where it is printed. */
export function inLines<T>(answer: T): T {
  return JSON.parse(JSON.stringify(answer), (key, part) => {
    if (typeof part === "string") return key === "body" ? part : printable(part);
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, value]) => [printable(name), value]));
  });
}

/** "No messages are", "1 message is". */
function sentence(subject: string, count: number): string {
  return `${capitalized(subject)} ${count === 1 ? "is" : "are"}`;
}

/** Of one endpoint, or of each. */
async function deliveries(
  { endpoint, filters }: Extract<Operation, { kind: "deliveries" }>,
  client: AdminClient,
  { clock, paint }: OperateWorld,
): Promise<Came> {
  const names = endpoint === undefined
    ? await client.get<EndpointStatus[]>(ENDPOINTS, ["endpoints"])
    : undefined;
  if (names !== undefined && names.kind !== "answer") return { kind: "failed", reply: names };
  const all = names?.value.map(({ name }) => name) ?? [endpoint ?? ""];
  const lists: DeliveryList[] = [];
  for (const name of all) {
    const reply = await client.get<DeliveryList>(
      ref("DeliveryList"),
      ["endpoints", name, "deliveries"],
      filters,
    );
    // It may have been removed meanwhile.
    if (reply.kind === "problem" && reply.status === 404 && endpoint === undefined) continue;
    if (reply.kind !== "answer") return { kind: "failed", reply };
    lists.push(reply.value);
  }
  const value = endpoint === undefined ? lists : lists[0];
  return {
    kind: "done",
    value,
    text: () => deliveriesText(inLines(lists), clock.now(), paint),
    isWell: true,
  };
}

/** Why it could not be done, and what to do. */
export function wayOut(reply: Failed, reach: Pick<Reach, "server" | "token" | "names">): string {
  return inGivenNames(wayOutByFlags(reply, reach), reach.names);
}

function wayOutByFlags(reply: Failed, { server, token }: Pick<Reach, "server" | "token">): string {
  switch (reply.kind) {
    case "unreachable": {
      const where = `The program at ${server.origin} cannot be reached: ${reply.why}.`;
      // Where it is asked by TLS, it is not the program that listens.
      const isHere = reply.isRefused && isLoopback(bareHost(server)) && server.protocol === "http:";
      const port = portOf(server);
      return isHere
        ? `${where} It needs --admin-listen ${
          hostLabel(bareHost(server), port)
        }; one in a cluster is reached after ` +
          `this:\n  ${forward(`${port}`)}`
        : where;
    }
    case "foreign":
      return `What answers at ${server.origin} (status ${reply.status}) is not k8svent's API: --server is the address of ` +
        `its --admin-listen, not of --listen, and older versions have none.${beforeIt(reply)}`;
    case "problem":
      if (/openapi\.json/.test(reply.detail) && server.pathname !== "/") {
        return `What answers at ${server.origin} has no API below the path of --server: leave the path out, unless a proxy ` +
          "puts the program below one.";
      }
      if (reply.detail === "") {
        return `The program at ${server.origin} answers with status ${reply.status}, and does not say why.`;
      }
      if (reply.status !== 401) {
        return reply.detail.replace("/api/v1/endpoints lists", "k8svent status lists");
      }
      return token === undefined
        ? `The program at ${server.origin} wants a token: name the file that holds it with --token-file.`
        : `The program at ${server.origin} does not take the token of --token-file: it is the one of its --admin-token-file.`;
  }
}

/** What may stand before the program, by what it answers; a sentence with a space before it, or nothing. */
function beforeIt({ status, to }: Extract<Failed, { kind: "foreign" }>): string {
  if (to !== undefined) {
    return ` It leads to ${to}: name that with --server, unless it is a page to log in at.`;
  }
  if (status === 401 || status === 403) {
    return " If a proxy before it wants a login, these commands cannot give one: reach the program beside the proxy.";
  }
  if (status === 429) return " If a proxy before it was asked too often, try again later.";
  return status >= 500 ? " If a proxy stands before it, that may not reach it." : "";
}
