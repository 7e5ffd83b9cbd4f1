import type { Health } from "../admin/health.ts";
import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import { granting } from "../cluster/status.ts";
import type { Scope } from "../pod/pod.ts";
import { type Backoff, backoffDelay } from "../runtime/backoff.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { printable } from "../runtime/printable.ts";
import { Repetition } from "../runtime/repetition.ts";
import { namespaces } from "../runtime/wording.ts";
import { isSelective, type Selection } from "../source/query.ts";

/*
 * Whether the program may read single pods. Without list and watch it sees nothing, and says so by itself; without get
 * it works, and what it then cannot do would show only in the odd message. So it asks at the start, and says it.
 */

const REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

const USERS = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

/** What is read of a SelfSubjectReview. */
interface Reviewed {
  status?: { userInfo?: { username?: unknown } };
}

/** How often it is asked again while the right is missing, in milliseconds: RBAC may come. */
const AGAIN = 300_000;

/** The wait after a question that was not answered. Nobody waits for the answer, and the API server may be coming up. */
const UNANSWERED: Backoff = { base: 2_000, cap: AGAIN };

/** Of the answers of 400 to 499, those that another time may bring another one. */
const PASSING = [401, 403, 408, 425, 429];

/** What asking for rights needs. */
export interface RightsDeps {
  api: ApiServer;
  health: Pick<Health, "limited">;
  clock: Clock;
  /** A number in [0, 1). */
  random: () => number;
  log: Log;
}

/**
 * What is known of the right: that it is there, or missing, or that the API server does not tell. Else the question was
 * not answered, and `wait` is as long as the API server asks to be left alone.
 */
type Right = "there" | "missing" | "not said" | { wait: number };

/** Says that pods of a selection may not be read, for as long as that is so. Resolves when they may, or nobody tells. */
export async function sayMissingRight(
  selection: Selection,
  { api, health, clock, random, log }: RightsDeps,
  stop: AbortSignal,
): Promise<void> {
  const { namespace: scope } = selection;
  const what = withoutGet(selection);
  const since = clock.monotonic();
  const repetition = new Repetition(since);
  let isSaid = false;
  let unanswered = 0;
  while (!stop.aborted) {
    const right = await mayGet(api, scope, log, stop);
    if (typeof right === "object") {
      await sleep(clock, Math.max(right.wait, backoffDelay(UNANSWERED, ++unanswered, random())), stop);
      continue;
    }
    unanswered = 0;
    if (right !== "missing") {
      health.limited(scope, undefined);
      if (isSaid && right === "there") {
        log.info(`k8svent may get the pods of ${namespaces([scope])} now.`);
      }
      return;
    }
    if (!isSaid || repetition.isDue(clock.monotonic())) {
      log.warn(`${what} ${granting(await ownUser(api, stop), scope)}`);
    }
    isSaid = true;
    health.limited(scope, what);
    await sleep(clock, AGAIN, stop);
  }
}

async function mayGet(api: ApiServer, scope: Scope, log: Log, stop: AbortSignal): Promise<Right> {
  try {
    const allowed = await isAllowed(api, { verb: "get", resource: "pods", namespace: scope }, stop);
    if (allowed === undefined) return "not said";
    return allowed ? "there" : "missing";
  } catch (error) {
    if (stop.aborted) return { wait: 0 };
    if (!(error instanceof ClusterError || error instanceof SyntaxError)) throw error;
    log.debug("The API server does not say whether pods may be read.", { error });
    if (error instanceof ClusterError && isUnaskable(error)) return "not said";
    return { wait: error instanceof ClusterError ? error.retryAfter ?? 0 : 0 };
  }
}

/** A right, as RBAC has it. */
export interface RightAsked {
  verb: string;
  resource: string;
  /** Of the API that the resource is of; the core's by default. */
  group?: string;
  /** Undefined: in all namespaces. */
  namespace: Scope;
}

/**
 * Whether the program has a right; undefined: the answer does not say.
 *
 * @throws {ClusterError | SyntaxError} where the question is not answered
 */
export async function isAllowed(
  api: ApiServer,
  { namespace, ...asked }: RightAsked,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: { ...asked, ...namespace !== undefined && { namespace } } },
  };
  const answer = await api.post(REVIEWS, JSON.stringify(review), signal);
  const reviewed = JSON.parse(new TextDecoder().decode(answer)) as { status?: { allowed?: unknown } } | null;
  const allowed = reviewed?.status?.allowed;
  return typeof allowed === "boolean" ? allowed : undefined;
}

/** Whom the API server takes the program for; undefined: it does not say, as before Kubernetes 1.28. */
export async function ownUser(api: ApiServer, signal: AbortSignal): Promise<string | undefined> {
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  try {
    const answer = await api.post(USERS, JSON.stringify(review), signal);
    const reviewed = JSON.parse(new TextDecoder().decode(answer)) as Reviewed | null;
    const user = reviewed?.status?.userInfo?.username;
    return typeof user === "string" ? printable(user, 200) : undefined;
  } catch (error) {
    if (signal.aborted || error instanceof ClusterError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** An API server without RBAC answers; something in front of it may not know the question. */
function isUnaskable({ fault, details: { status = 0 } }: ClusterError): boolean {
  return fault === "missing" || fault === "invalid" ||
    status >= 400 && status < 500 && !PASSING.includes(status);
}

/** What does not work where pods of a selection may not be read. */
export function withoutGet(selection: Selection): string {
  const where = namespaces([selection.namespace]);
  return isSelective(selection)
    ? `k8svent may not get the pods of ${where}: it cannot tell one that left the selection from one that is gone, ` +
      "so both are sent as deleted, with k8svent-observed: false."
    : `k8svent may not get the pods of ${where}: what was given up to save room cannot be read again, and a cluster ` +
      "that was restored from a backup is not recognized.";
}
