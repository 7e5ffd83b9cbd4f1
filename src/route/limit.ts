import type { Pod } from "../pod/pod.ts";
import type { Endpoint } from "./endpoint.ts";
import { annotationProblem, type Route, type Routing } from "./route.ts";

/** How many different endpoints annotations can bring into being. */
export const DISTINCT_LIMIT = 100;

/**
 * Keeps annotations from making endpoints without end: each has a worker, a queue and sockets.
 *
 * `inUse` has the names of the endpoints that came from annotations and live now (a worker, or something owed
 * in the store). The caller owns it: it adds a name when it starts a worker and takes it out when nothing is
 * owed there any more, so that a limit reached once is not reached for ever. An endpoint in it is always let
 * through; a new one only while there is room. A pod that is left with none goes to the default endpoints,
 * and the problem is told.
 */
export function limitDistinct(pod: Pod, route: Route, routing: Routing, inUse: ReadonlySet<string>): Route {
  const kept: Endpoint[] = [];
  const refused: Endpoint[] = [];
  let room = DISTINCT_LIMIT - inUse.size;
  for (const endpoint of route.endpoints) {
    const fresh = !endpoint.trusted && !inUse.has(endpoint.name);
    if (fresh && room <= 0) refused.push(endpoint);
    else kept.push(endpoint);
    if (fresh) room--;
  }
  if (refused.length === 0) return route;
  const told = refused.map((endpoint) =>
    annotationProblem(
      pod,
      `the webhook at ${
        endpoint.url.host.slice(0, 253)
      } is refused: ${DISTINCT_LIMIT} webhooks of annotations are in use`,
      kept.length === 0,
    )
  );
  return {
    ...route,
    endpoints: kept.length > 0 ? kept : routing.endpoints,
    problems: [...route.problems, ...told],
  };
}
