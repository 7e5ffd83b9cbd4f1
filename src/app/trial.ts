import type { SendTestOptions } from "../cli/job.ts";
import { VERSION } from "../cli/version.ts";
import { decide, isAccepted } from "../delivery/decision.ts";
import { newEndpoint } from "../delivery/endpoint_state.ts";
import type { TestNotice } from "../delivery/notice.ts";
import { firstLine, whyNot } from "../delivery/refusal.ts";
import { Signer } from "../delivery/sign.ts";
import { type ClientOptions, openClient } from "../http/client.ts";
import { Network, type NetworkDeps } from "../http/network.ts";
import type { Outcome, Request } from "../http/outcome.ts";
import { certificatesOf, type Link, type Step, tracedNetwork } from "../http/trace.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Env } from "../runtime/environment.ts";
import { printable } from "../runtime/printable.ts";
import { redact } from "../runtime/redact.ts";
import { duration } from "../runtime/wording.ts";

/**
 * `k8svent send-test`: one message, by the client and the judgement of the run, so that what it says is what the run would
 * do. It sends a notice of a type of its own, which a receiver ignores or answers like any other.
 */

/** What happened. Nothing in it holds a secret or the path of the URL. `took`: milliseconds. */
export interface Account {
  isAccepted: boolean;
  /** The webhook's host and port. */
  host: string;
  /** In the order in which they ended. */
  steps: Step[];
  /** Of the receiver, its own first; empty without https. */
  certificates: Link[];
  sent: { id: string; bytes: number; signatures: string[] };
  /** Absent where there was no answer. `says`: the first line of the body. */
  answer?: { status: number; headers: Record<string, string>; says?: string };
  took: number;
  /** Why it was not accepted, as a clause; absent where it was. */
  why?: string;
  /** What k8svent makes of it, and would do next: sentences. */
  conclusion: string;
}

/** Where a message goes, and with what. */
export interface Trial extends Pick<SendTestOptions, "url" | "secrets" | "signatures" | "timeout"> {
  /** Added to the message's own; names in lower case. */
  headers?: Readonly<Record<string, string>>;
  /** Takes the place of the proxy that the variables name. */
  proxyUrl?: URL | undefined;
  /** What must not be shown beside the secrets. */
  confidential?: readonly string[];
}

/** What it needs of the world. */
export interface SendTestWorld {
  clock: Clock;
  env: Env;
  random: (bytes: number) => Uint8Array;
  stop: AbortSignal;
  /** For tests. */
  network?: Partial<NetworkDeps>;
  tls?: ClientOptions["tls"];
}

/** Sends it and tells. Rejects only with the reason of the signal. */
export async function accountOf(trial: Trial, world: SendTestWorld): Promise<Account> {
  const { url, secrets, timeout, proxyUrl, confidential = [] } = trial;
  const { clock, env, stop, tls } = world;
  const steps: Step[] = [];
  const deps = { clock, ...world.network };
  const usual = { env, ...tls !== undefined && { tls }, ...proxyUrl !== undefined && { proxyUrl } };
  const client = openClient({ ...usual, network: tracedNetwork(deps, (step) => steps.push(step)) });
  const { request, signatures } = messageOf(trial, world);
  const since = clock.monotonic();
  const outcome = await client.send(request, timeout, stop).finally(() => client.close());
  const took = clock.monotonic() - since;
  const isReached = steps.some((step) => step.kind === "connection" && step.isOpen);
  const certificates = isReached
    ? await certificatesOf(url, { ...usual, network: new Network(deps) }, stop)
    : [];
  return {
    isAccepted: isAccepted(outcome),
    host: url.host,
    steps: [...steps],
    certificates: certificates.map(madePrintable),
    sent: { id: request.headers["webhook-id"] ?? "", bytes: request.body.length, signatures },
    ...outcome.kind === "answer" &&
      { answer: answerOf(outcome, { url, secrets: [...secrets, ...confidential] }) },
    took,
    ...!isAccepted(outcome) && { why: whyNot(outcome, clock.now()) },
    conclusion: conclusionOf(outcome, clock),
  };
}

function messageOf(
  { url, secrets, signatures, headers: own }: Trial,
  { clock, random }: SendTestWorld,
): { request: Request; signatures: string[] } {
  const notice: TestNotice = { type: "k8svent.test", at: new Date(clock.now()).toISOString() };
  const body = new TextEncoder().encode(JSON.stringify(notice));
  const id = `test_${random(16).toHex()}`;
  const seconds = Math.floor(clock.now() / 1000);
  const signed = new Signer(new Set(signatures)).sign({ id, body, content: id }, seconds, secrets);
  const headers = {
    "content-type": "application/json",
    "user-agent": `k8svent/${VERSION}`,
    "webhook-id": id,
    "k8svent-event": notice.type,
    "k8svent-attempt": "1",
    ...own,
    ...signed,
  };
  return {
    request: { url, headers, body },
    signatures: Object.keys(signed).filter((name) => /signature/.test(name)),
  };
}

/** A server may repeat what it was sent, and what it writes may steer a terminal. */
function answerOf(
  { status, headers, body }: Extract<Outcome, { kind: "answer" }>,
  confidential: { url: URL; secrets: string[] },
): NonNullable<Account["answer"]> {
  const says = firstLine(body, confidential);
  const shown = [...headers].map(([name, value]) => [name, shownValue(name, value, confidential)]);
  return { status, headers: Object.fromEntries(shown), ...says !== undefined && { says } };
}

/** With its name before it, so that nothing in it is taken for JSON or HTML. */
function shownValue(name: string, value: string, confidential: { url: URL; secrets: string[] }): string {
  return firstLine(`${name}: ${value}`, confidential)?.slice(name.length + 2) ?? "";
}

function madePrintable(link: Link): Link {
  const plain = (text: string): string => printable(redact(text, []), 200);
  return { ...link, subject: plain(link.subject), issuer: plain(link.issuer), names: plain(link.names) };
}

/** What `decision.ts` makes of the first failure of the first message. */
function conclusionOf(outcome: Outcome, clock: Clock): string {
  const now = { monotonic: clock.monotonic(), wall: clock.now(), random: 1 };
  const message = {
    uid: "test",
    namespace: "test",
    name: "test",
    failures: { tries: 0, strikes: 0, failedAt: 0, dead: 0, why: undefined },
  };
  const attempt = { message, start: 1, generation: 0, requests: 1, othersUntried: false };
  const { decision, endpoint } = decide(attempt, newEndpoint(1), outcome, now);
  if (decision.kind === "delivered") return "k8svent takes it as delivered.";
  const why = `It was not delivered: ${whyNot(outcome, now.wall)}.`;
  const { circuit } = endpoint;
  const until = circuit.kind === "open" && circuit.openings > 0
    ? circuit.until
    : "due" in decision
    ? decision.due
    : 0;
  const wait = duration(Math.max(0, until - now.monotonic));
  return `${why} ${nextOf(outcome, wait)}`;
}

function nextOf(outcome: Outcome, wait: string): string {
  if (outcome.kind === "failure" && outcome.when === "before") {
    return `k8svent would hold everything for this endpoint and try again after about ${wait}, then up to a minute apart.`;
  }
  if (outcome.kind === "answer" && outcome.status === 410) {
    return "Once it says so of a second pod, k8svent sends it nothing until it is resumed, SIGUSR1 or a restart.";
  }
  if (outcome.kind === "answer" && (outcome.status === 429 || outcome.headers.has("retry-after"))) {
    return `k8svent would send it again after ${wait}, and hold all other messages for as long once a second pod is ` +
      "answered so.";
  }
  return `k8svent would send it again after about ${wait}, then up to a minute apart. Where others are accepted ` +
    "meanwhile, it becomes a dead letter and holds up its own pod alone; else everything is held.";
}
