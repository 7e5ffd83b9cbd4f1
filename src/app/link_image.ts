import type { LinkImageOptions } from "../cli/job.ts";
import { VERSION } from "../cli/version.ts";
import { isAccepted } from "../delivery/decision.ts";
import { whyNot } from "../delivery/refusal.ts";
import { SCHEMES, Signer } from "../delivery/sign.ts";
import { openClient } from "../http/client.ts";
import { Network } from "../http/network.ts";
import type { Outcome, Request } from "../http/outcome.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Env } from "../runtime/environment.ts";
import { parseRetryAfter } from "../runtime/retry_after.ts";
import { counted } from "../runtime/wording.ts";

/**
 * `k8svent link-image`: the older program's POST that links a commit to an image. It is sent with the client, the
 * signatures and the pauses of `--once`: again after 1, 2 and 4 s, or as the webhook asks, for 5 minutes at most.
 */

/** What came of it. */
export interface Linked {
  isAccepted: boolean;
  /** The webhook's host and port. */
  host: string;
  attempts: number;
  /** Of the last attempt; absent where there was no answer. */
  status?: number;
  /** A clause; absent where it was accepted. */
  why?: string;
}

/** What it needs of the world. */
export interface LinkImageWorld {
  clock: Clock;
  env: Env;
  random: (bytes: number) => Uint8Array;
  stop: AbortSignal;
  /** Takes a sentence about an attempt that failed. */
  remark: (line: string) => void;
}

/** Milliseconds before the second attempt and those after it. */
const PAUSES = [1_000, 2_000, 4_000];
const LONGEST = 300_000;

/** Sends it until it is accepted, refused for good, or tried enough. Rejects only with the reason of the signal. */
export async function linkImage(options: LinkImageOptions, world: LinkImageWorld): Promise<Linked> {
  const { url, timeout } = options;
  const { clock, env, stop, remark } = world;
  const client = openClient({ env, network: new Network({ clock }) });
  const id = `link_${world.random(16).toHex()}`;
  try {
    for (let attempts = 1;; attempts++) {
      const outcome = await client.send(requestOf(options, id, attempts, clock), timeout, stop);
      const answered = outcome.kind === "answer" ? { status: outcome.status } : {};
      if (isAccepted(outcome)) return { isAccepted: true, host: url.host, attempts, ...answered };
      const why = whyNot(outcome, clock.now());
      const pause = PAUSES[attempts - 1];
      if (pause === undefined || isFinal(outcome)) {
        return { isAccepted: false, host: url.host, attempts, ...answered, why };
      }
      const wait = Math.min(LONGEST, askedFor(outcome, clock) ?? pause);
      remark(`${why}. Tries again in ${Math.ceil(wait / 1_000)} s.`);
      await sleep(clock, wait, stop);
      stop.throwIfAborted();
    }
  } finally {
    client.close();
  }
}

function requestOf(
  { link, url, secrets }: LinkImageOptions,
  id: string,
  attempt: number,
  clock: Clock,
): Request {
  const body = new TextEncoder().encode(JSON.stringify(link));
  const seconds = Math.floor(clock.now() / 1_000);
  return {
    url,
    body,
    headers: {
      "content-type": "application/json",
      "user-agent": `k8svent/${VERSION}`,
      "webhook-id": id,
      "k8svent-attempt": String(attempt),
      ...new Signer(new Set(SCHEMES)).sign({ id, body, content: id }, seconds, secrets),
    },
  };
}

/** Whether another attempt would be answered the same: a status that says something about the request. */
function isFinal(outcome: Outcome): boolean {
  return outcome.kind === "answer" && outcome.status < 500 && ![408, 425, 429].includes(outcome.status);
}

function askedFor(outcome: Outcome, clock: Clock): number | undefined {
  if (outcome.kind !== "answer") return undefined;
  return parseRetryAfter(outcome.headers.get("retry-after") ?? null, clock.now());
}

/** What came of it, as a sentence. */
export function sentenceOf({ link: { git, docker } }: LinkImageOptions, linked: Linked): string {
  const { host, status, attempts, why } = linked;
  if (linked.isAccepted) {
    const after = attempts === 1 ? "" : ` after ${counted(attempts, "attempt")}`;
    return `${host} took it (${status})${after}: ${docker.image} is of ${git.owner}/${git.repo}@${git.sha}.\n`;
  }
  return `It was not linked, after ${counted(attempts, "attempt")}: ${why}.\n`;
}
