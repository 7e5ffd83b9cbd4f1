import { hostLabel } from "../http/failure.ts";
import type { Answer, Reply } from "../admin/answer.ts";
import { listen } from "../admin/listen.ts";
import type { Head } from "../admin/request.ts";
import type { ReceiveOptions } from "../cli/job.ts";
import { type Verdict, verify } from "../delivery/verify.ts";
import type { Child, Ran } from "../runtime/child.ts";
import { aborted, type Clock, sleep } from "../runtime/clock.ts";
import { jsonOf, lineOf, type Receipt } from "./receipt.ts";

/**
 * `k8svent receive`: a receiver for a person who tries something out. It verifies as a receiver should, prints what came,
 * and answers as it is asked to, so that one can see what the sender does then.
 *
 * ```
 * POST ──▶ verify ──no──▶ 401
 *            │yes, or no secret
 *            ▼
 *          is it the Nth? ──▶ the chosen answer, after the delay
 *            │ (or any that is to be accepted)
 *            ▼
 *          --exec, one at a time ──fails──▶ 500
 * ```
 */

/** What it needs of the world. */
export interface ReceiveWorld {
  clock: Clock;
  /** Writes data to stdout; rejects where nobody takes it. */
  print: (text: string) => Promise<void>;
  /** Writes a line for the person to stderr. */
  remark: (line: string) => void;
  run: (child: Child, clock: Clock, signal: AbortSignal) => Promise<Ran>;
  stop: AbortSignal;
}

/** Bytes of a body. The API server keeps no pod of more than 1.5 MiB. */
const LARGEST_BODY = 4 * 1024 * 1024;

/** Milliseconds for what is not waiting: a body to come, an answer to be taken. */
const WITHIN = 10_000;

/**
 * Receives until the signal aborts. Rejects where what it prints is taken by nobody.
 *
 * @param onListening is given the port
 * @throws {ListenError}
 */
export async function receive(
  options: ReceiveOptions,
  world: ReceiveWorld,
  onListening: (port: number) => void = () => {},
): Promise<void> {
  const { host, answer: { delay }, exec } = options;
  const receiver = new Receiver(options, world);
  const service = {
    largestBody: LARGEST_BODY,
    // Twice: once to wait for its turn, once to run.
    within: WITHIN + delay + 2 * (exec?.timeout ?? 0),
    respond: (head: Head, body: Uint8Array) => receiver.respond(head, body),
  };
  const listening = listen(options, service, world.clock, {
    name: "--host, --port",
    spelled: "--host HOST --port PORT",
  });
  world.remark(`Receives at http://${hostLabel(host, listening.port)}/ until it is interrupted (Ctrl-C).`);
  if (options.secrets.length === 0) world.remark("Verifies nothing: --secret-file names no secret.");
  onListening(listening.port);
  try {
    await Promise.race([aborted(world.stop), receiver.unprintable]);
  } finally {
    await listening.close();
  }
  await Promise.race([receiver.printed, receiver.unprintable]);
}

class Receiver {
  readonly #options: ReceiveOptions;
  readonly #world: ReceiveWorld;
  readonly #unprintable = Promise.withResolvers<never>();
  /** Ends when what was given to `print` is written. */
  #printed: Promise<void> = Promise.resolve();
  #count = 0;
  /** Ends when the command that is asked for last has. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ReceiveOptions, world: ReceiveWorld) {
    this.#options = options;
    this.#world = world;
    this.#unprintable.promise.catch(() => {});
  }

  /** Rejects where nobody takes what is printed. */
  get unprintable(): Promise<never> {
    return this.#unprintable.promise;
  }

  /** Resolves when there is a line of whatever was answered. */
  get printed(): Promise<void> {
    return this.#printed;
  }

  async respond(head: Head, body: Uint8Array): Promise<Reply> {
    if (head.method !== "POST") {
      return { status: 405, text: "k8svent receive takes POST alone.", headers: { allow: "POST" } };
    }
    const { secrets } = this.#options;
    const { clock } = this.#world;
    const number = ++this.#count;
    const at = clock.now();
    const signatures = secrets.length === 0
      ? []
      : verify({ headers: head.fields, body }, secrets, { now: at });
    const isVerified = secrets.length === 0 ? undefined : signatures.some(({ holds }) => holds);
    const { reply, ran } = isVerified === false
      ? { reply: unverified(signatures), ran: undefined }
      : await this.#answer(number, head, body);
    this.#print({ number, at, head, body, signatures, isVerified, reply, ran });
    return reply;
  }

  async #answer(
    number: number,
    head: Head,
    body: Uint8Array,
  ): Promise<{ reply: Reply; ran: Ran | undefined }> {
    const { answer: { status, delay, retryAfter, every }, exec } = this.#options;
    const isChosen = number % every === 0;
    const isRefused = isChosen && (status === "hang up" || status >= 300);
    const ran = exec === undefined || isRefused ? undefined : await this.#execute(exec, head, body);
    if (isChosen && delay > 0) await sleep(this.#world.clock, delay, this.#world.stop);
    if (ran !== undefined && !(ran.kind === "ended" && ran.code === 0)) {
      return { reply: afterFailure(ran), ran };
    }
    if (!isChosen) return { reply: TAKEN, ran };
    if (status === "hang up") return { reply: status, ran };
    const headers = retryAfter === undefined ? {} : { "retry-after": String(Math.ceil(retryAfter / 1000)) };
    return { reply: { status, text: status < 300 ? TAKEN.text : "as --answer says", headers }, ran };
  }

  async #execute(
    { argv, timeout }: { argv: string[]; timeout: number },
    { fields }: Head,
    body: Uint8Array,
  ): Promise<Ran> {
    const { clock, run, stop } = this.#world;
    const since = clock.monotonic();
    const turn = this.#turn.then(async (): Promise<Ran> => {
      // Its sender has given up, and sends it again.
      if (clock.monotonic() - since > timeout) return { kind: "killed" };
      const printsHere = this.#options.output === "line";
      return await run({ argv, stdin: body, env: variablesOf(fields), printsHere, timeout }, clock, stop);
    });
    this.#turn = turn;
    return await turn;
  }

  #print(receipt: Receipt): void {
    const line = this.#options.output === "json" ? jsonOf(receipt) : lineOf(receipt);
    this.#printed = this.#printed.then(() => this.#world.print(`${line}\n`))
      .catch((error) => this.#unprintable.reject(error));
  }
}

const TAKEN: Answer = { status: 200, text: "ok" };

function unverified(signatures: readonly Verdict[]): Answer {
  const why = signatures.map((verdict) => `${verdict.header}: ${verdict.why}`);
  return { status: 401, text: why.length === 0 ? "There is no signature." : why.join("\n") };
}

function afterFailure(ran: Ran): Answer {
  if (ran.kind === "killed") {
    return { status: 503, text: "The command took too long.", headers: { "retry-after": "1" } };
  }
  return {
    status: 500,
    text: ran.kind === "ended" ? "The command failed." : "The command could not be started.",
  };
}

/** The headers as variables. One with an underscore would be taken for another, and a control character for an end. */
function variablesOf(fields: ReadonlyMap<string, string>): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of fields) {
    if (!/^[a-z0-9-]+$/.test(name) || /\p{Cc}/u.test(value)) continue;
    variables[`K8SVENT_HEADER_${name.toUpperCase().replaceAll("-", "_")}`] = value;
  }
  return variables;
}
