import { isAboutPod } from "../pod/payload.ts";
import type { Clock } from "../runtime/clock.ts";
import { duration } from "../runtime/wording.ts";
import type { Log } from "../runtime/log.ts";
import type { Message, Pending } from "../store/store.ts";
import type { Decision } from "./decision.ts";
import { EndpointLog, type EndpointLogDeps, QUIET } from "./endpoint_log.ts";
import { type EndpointState, type GivenUp, isFailing, PATIENCE } from "./endpoint_state.ts";

/**
 * What people hear of `--once`, which ends, and which somebody waits for. In the order in which they meet it: how many
 * pods went where, in one line that is written anew (on a terminal); that an endpoint fails, and after how long it is
 * tried again; that it works again; that it is given up; which pods it refused; and at the end a line for each endpoint.
 * Nothing is promised for later: what is not accepted in this run is not sent.
 */

/** Refused pods that are named, for each endpoint: a list of thousands says no more. */
const NAMED = 10;

/** Milliseconds between two states of the line that is written anew. */
const REDRAWN_AFTER = 100;

/** What a snapshot needs. */
export interface SnapshotDeps {
  pending: Pending;
  clock: Clock;
  log: Log;
  /** Shows a line in place of the one before it; undefined: takes it away. Absent where nobody looks on. */
  show?: (line: string | undefined) => void;
}

/** All endpoints of one run. */
export class Snapshot {
  readonly #deps: SnapshotDeps;
  readonly #logs = new Map<string, SnapshotLog>();
  #listed = 0;
  #shownAt = -Infinity;

  constructor(deps: SnapshotDeps) {
    this.#deps = deps;
  }

  /** What is said of one endpoint; the same for each worker that it has in turn. */
  of(deps: EndpointLogDeps): SnapshotLog {
    const log = this.#logs.get(deps.endpoint) ?? new SnapshotLog(deps, () => this.#show());
    this.#logs.set(deps.endpoint, log);
    return log;
  }

  /** So many more pods have been listed. */
  listed(pods: number): void {
    this.#listed += pods;
    this.#show();
  }

  /** The last line for each endpoint. Returns whether each accepted everything. */
  summarize(): boolean {
    const { pending, log, show } = this.#deps;
    show?.(undefined);
    let isComplete = true;
    for (const [endpoint, { sent }] of this.#logs) {
      const { pending: left, deadLetters: refused } = pending.counts(endpoint);
      const parts = [
        ...refused > 0 ? [`${refused} refused`] : [],
        ...left > refused ? [`${left - refused} not sent`] : [],
      ];
      const text = `Sent ${pods(sent)} to ${endpoint}${left > 0 ? `; ${parts.join(", ")}` : ""}.`;
      const fields = { endpoint, sent, refused, "not_sent": left - refused };
      if (left === 0) log.info(text, fields);
      else log.error(text, fields);
      isComplete &&= left === 0;
    }
    return isComplete;
  }

  #show(): void {
    const now = this.#deps.clock.monotonic();
    if (now - this.#shownAt < REDRAWN_AFTER) return;
    this.#shownAt = now;
    const parts = [...this.#logs].map(([endpoint, { sent, isFailing }]) => {
      const refused = this.#deps.pending.counts(endpoint).deadLetters;
      return `${sent} sent to ${endpoint}${refused > 0 ? `, ${refused} refused` : ""}${
        isFailing ? ", failing" : ""
      }`;
    });
    this.#deps.show?.([`${pods(this.#listed)} listed`, ...parts].join("; "));
  }
}

/** What is said of one endpoint, in place of what the long run says. */
export class SnapshotLog extends EndpointLog {
  readonly #onChange: () => void;
  readonly #sent = new Set<string>();
  #refused = 0;
  /** Since when nothing was accepted, and what came of the last attempt. */
  #failing: { since: number; why: string } | undefined;
  /** What came of the last attempt that failed. */
  #lastFailure = "nothing came";
  /** Whether people know that it fails, since it last accepted something. */
  #isSaid = false;
  #quietUntil = -Infinity;
  /** Whether they heard of a pod that it did not take: one is an example of all. */
  #isExampleSaid = false;
  /** Whether nothing has been accepted since. */
  #isExample = false;

  constructor(deps: EndpointLogDeps, onChange: () => void) {
    super(deps);
    this.#onChange = onChange;
  }

  /** Pods that it accepted. */
  get sent(): number {
    return this.#sent.size;
  }

  /** Whether nothing was accepted since an attempt failed. */
  get isFailing(): boolean {
    return this.#failing !== undefined;
  }

  override decision(
    decision: Decision,
    message: Message,
    before: EndpointState,
    after: EndpointState,
  ): void {
    switch (decision.kind) {
      case "again":
        return;
      case "delivered":
        this.#accepted(message, after);
        break;
      case "dead letter":
        this.#failed(message, decision.why, decision.due, after);
        this.#refusal(message, decision.failures.tries, decision.why);
        break;
      case "retry":
        this.#failed(message, decision.why, decision.due, after);
    }
    const isNowGone = after.circuit.kind === "disabled" && before.circuit.kind !== "disabled";
    if (isNowGone) this.#say("error", "answered 410 Gone: nothing more is sent to it in this run.");
    this.#onChange();
  }

  /** Nothing more is sent to it. */
  givenUp(reason: GivenUp): void {
    const now = this.deps.clock.monotonic();
    const { since, why } = this.#failing ?? { since: now, why: this.#lastFailure };
    const failed = Math.round((now - since) / 1000);
    if (reason.kind === "fails") {
      return this.#say(
        "error",
        `is given up: each attempt of the last ${failed} s failed. The last one: ${why}.`,
      );
    }
    const asks = `it asks to wait for ${Math.round((reason.until - now) / 1000)} s`;
    const again = failed === 0 ? asks : `${asks} again, and took nothing for ${failed} s`;
    this.#say("error", `is given up: ${again}: ${why}. --once waits for ${duration(PATIENCE)} at the most.`);
  }

  #accepted({ event, uid }: Message, after: EndpointState): void {
    if (isAboutPod(event)) this.#sent.add(uid);
    this.#failing = undefined;
    this.#isExample = false;
    if (!this.#isSaid || isFailing(after)) return;
    this.#isSaid = false;
    this.#quietUntil = this.deps.clock.monotonic() + QUIET;
    this.#say("info", "works again.");
  }

  #failed({ namespace, name }: Message, why: string, due: number, after: EndpointState): void {
    this.#lastFailure = why;
    this.#failing = { since: this.#failing?.since ?? this.deps.clock.monotonic(), why };
    const isDisabled = after.circuit.kind === "disabled";
    // One that takes a few pods a second fails and works again each second.
    const isQuiet = this.deps.clock.monotonic() < this.#quietUntil;
    const how = this.#whenAgain(due, after);
    if (!isDisabled && !this.#isSaid && !isQuiet && isFailing(after)) {
      this.#isSaid = true;
      // Said of a pod of it already, and nothing else has happened since.
      if (!this.#isExample) return this.#say("warn", `fails: ${why}. ${how}`);
    } else if (!isDisabled && !this.#isSaid && !this.#isExampleSaid) {
      this.#isExampleSaid = this.#isExample = true;
      return this.#say("warn", `did not accept ${namespace}/${name}: ${why}. ${how}`);
    }
    this.deps.log.debug(`Endpoint ${this.deps.endpoint} did not accept ${namespace}/${name}: ${why}`, {
      endpoint: this.deps.endpoint,
    });
  }

  #whenAgain(due: number, after: EndpointState): string {
    const { asking, circuit } = after;
    if (asking === undefined) return "Failed messages are retried after 1, 2 and 4 s.";
    const until = isFailing(after) && circuit.kind === "open" ? circuit.until : due;
    const wait = until - this.deps.clock.monotonic();
    const seconds = Math.round(wait / 1000);
    return wait > PATIENCE ? `It asks to wait for ${seconds} s.` : `It is tried again after ${seconds} s.`;
  }

  #refusal({ namespace, name }: Message, times: number, why: string): void {
    this.#refused++;
    if (this.#refused > NAMED) {
      return this.deps.log.debug(`Endpoint ${this.deps.endpoint} refused ${namespace}/${name}: ${why}`, {
        endpoint: this.deps.endpoint,
      });
    }
    const end = this.#refused === NAMED ? " What else it refuses is counted at the end." : "";
    this.#say(
      "warn",
      `refused ${namespace}/${name}, ${times} times: ${why}. It is not sent again in this run.${end}`,
    );
  }

  #say(level: "info" | "warn" | "error", text: string): void {
    this.deps.log[level](`Endpoint ${this.deps.endpoint} ${text}`, this.fields());
  }
}

/** With a figure for none, too: the line is read by scripts. */
function pods(count: number): string {
  return count === 1 ? "1 pod" : `${count} pods`;
}
