import type { Pod } from "../pod/pod.ts";
import type { Endpoint } from "./endpoint.ts";
import { annotationProblem, type Route, type Routing } from "./route.ts";

/** How many different endpoints annotations can bring into being: in all, and those of the pods of one namespace. */
export const DISTINCT_LIMIT = 100;
/** How many of them the pods of one namespace can. */
export const NAMESPACE_LIMIT = 25;

/**
 * Keeps annotations from making endpoints without end: each has a worker, a queue and sockets. Nor may one namespace
 * take the places of all others.
 *
 * `inUse` has the names of the endpoints that came from annotations and have a worker now, and the namespace that
 * brought each into being. The caller owns it: it adds a name when it starts a worker and takes it out when the worker
 * ends, so that a limit reached once is not reached for ever. An endpoint in it is always let through; a new one only
 * while there is room. A pod that is left with none goes to the default endpoints, and the problem is reported.
 */
export function limitDistinct(
  pod: Pod,
  route: Route,
  routing: Routing,
  inUse: ReadonlyMap<string, string>,
): Route {
  const { namespace } = pod.metadata;
  const kept: Endpoint[] = [];
  const refused: Endpoint[] = [];
  let room = DISTINCT_LIMIT - inUse.size;
  let own = NAMESPACE_LIMIT;
  for (const place of inUse.values()) if (place === namespace) own--;
  for (const endpoint of route.endpoints) {
    const isNew = !endpoint.trusted && !inUse.has(endpoint.name);
    if (isNew && (room <= 0 || own <= 0)) {
      refused.push(endpoint);
      continue;
    }
    kept.push(endpoint);
    if (isNew) room--;
    if (isNew) own--;
  }
  if (refused.length === 0) return route;
  const limit = room <= 0
    ? `${DISTINCT_LIMIT} webhooks of annotations are in use`
    : `${NAMESPACE_LIMIT} webhooks of annotations of the namespace ${namespace} are in use`;
  const problems = refused.map((endpoint) =>
    annotationProblem(
      pod,
      `the webhook at ${endpoint.url?.host.slice(0, 253)} is refused: ${limit}`,
      kept.length === 0,
    )
  );
  return {
    ...route,
    endpoints: kept.length > 0 ? kept : routing.endpoints,
    problems: [...route.problems, ...problems],
  };
}
