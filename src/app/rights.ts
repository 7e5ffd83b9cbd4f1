import type { Health } from "../admin/health.ts";
import type { ApiServer } from "../cluster/api.ts";
import { ClusterError } from "../cluster/error.ts";
import type { Scope } from "../pod/pod.ts";
import { type Clock, sleep } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import { Repetition } from "../runtime/repetition.ts";
import { namespaces } from "../runtime/wording.ts";
import { isSelective, type Selection } from "../source/query.ts";

/*
 * Whether the program may read single pods. Without list and watch it sees nothing, and says so by itself; without get
 * it works, and what it then cannot do would show only in the odd message. So it asks at the start, and says it.
 */

const REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** How often it is asked again while the right is missing, in milliseconds: RBAC may come. */
const AGAIN = 300_000;

/** What asking for rights needs. */
export interface RightsDeps {
  api: ApiServer;
  health: Pick<Health, "limited">;
  clock: Clock;
  log: Log;
}

/** Says that pods of a selection may not be read, for as long as that is so. Resolves when they may, or nobody says. */
export async function sayMissingRight(
  selection: Selection,
  { api, health, clock, log }: RightsDeps,
  stop: AbortSignal,
): Promise<void> {
  const { namespace: scope } = selection;
  const what = withoutGet(selection);
  const since = clock.monotonic();
  const repetition = new Repetition(since);
  let isSaid = false;
  while (await mayGet(api, scope, log, stop) === false) {
    if (!isSaid || repetition.isDue(clock.monotonic())) log.warn(`${what} ${grant(scope)}`);
    isSaid = true;
    health.limited(scope, what);
    await sleep(clock, AGAIN, stop);
  }
  health.limited(scope, undefined);
  if (isSaid && !stop.aborted) log.info(`k8svent may get the pods of ${namespaces(namesOf(scope))} now.`);
}

/** Undefined where that cannot be asked: an API server without RBAC answers, a proxy may not. */
async function mayGet(
  api: ApiServer,
  scope: Scope,
  log: Log,
  stop: AbortSignal,
): Promise<boolean | undefined> {
  if (stop.aborted) return undefined;
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: {
      resourceAttributes: { verb: "get", resource: "pods", ...scope !== undefined && { namespace: scope } },
    },
  };
  try {
    const answer = await api.post(REVIEWS, JSON.stringify(review), stop);
    const reviewed = JSON.parse(new TextDecoder().decode(answer)) as
      | { status?: { allowed?: unknown } }
      | null;
    const allowed = reviewed?.status?.allowed;
    return typeof allowed === "boolean" ? allowed : undefined;
  } catch (error) {
    if (!(error instanceof ClusterError || error instanceof SyntaxError) && !stop.aborted) throw error;
    log.debug("The API server does not say whether pods may be read.", { error });
    return undefined;
  }
}

function withoutGet(selection: Selection): string {
  const where = namespaces(namesOf(selection.namespace));
  return isSelective(selection)
    ? `k8svent may not get the pods of ${where}: it cannot tell one that left the selection from one that is gone, ` +
      "so both are sent as deleted, with k8svent-observed: false."
    : `k8svent may not get the pods of ${where}: what was given up to save room cannot be read again, and a cluster ` +
      "that was restored from a backup is not recognized.";
}

function grant(scope: Scope): string {
  return scope === undefined
    ? "kube/rbac.yaml grants it: kubectl apply -f kube/rbac.yaml"
    : `kube/rbac-namespaced.yaml grants it: kubectl apply -n ${scope} -f kube/rbac-namespaced.yaml`;
}

function namesOf(scope: Scope): string[] {
  return scope === undefined ? [] : [scope];
}
