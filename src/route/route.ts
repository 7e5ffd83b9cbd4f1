import { fieldsOf, textOf } from "../pod/anything.ts";
import { type Pod, ROUTE_ANNOTATION } from "../pod/pod.ts";
import { annotationEndpoint, parseAnnotation } from "./annotation.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointSettings } from "./endpoint_settings.ts";
import type { HostPattern } from "./host_pattern.ts";

/** What the operator decided. */
export interface Routing {
  /** Where pods go by default: `--url`, else the environment. */
  endpoints: Endpoint[];
  /** The hosts that annotations may name (`--pod-webhooks`). Empty: annotations are not even read. */
  podWebhooks: HostPattern[];
  /** How the endpoints of annotations are served. */
  ofAnnotations: EndpointSettings;
}

/** Where one pod goes. */
export interface Route {
  endpoints: Endpoint[];
  /** What the pod's annotation calls its environment; it takes the place of `--environment` for this pod. */
  environment?: string;
  /**
   * What is wrong with the annotation: sentences for a person, the same for each version of the pod that
   * carries it (so the caller logs each once). They name the pod and hosts, never a URL's path or query.
   */
  problems: string[];
}

/**
 * Chooses the endpoints of a pod: those of its annotation, else the default ones, never both.
 *
 * An annotation counts only as far as it names at least one webhook that is allowed. One with an empty list or
 * with `environment` alone leaves the pod where it was going, as does one that is broken or wholly refused:
 * otherwise a slip, or a pod's author on purpose, could take the pod out of everybody's sight. `environment`
 * counts by itself.
 *
 * A webhook that is also one of the operator's endpoints is that endpoint, name, signature and all: the pod
 * would have gone there anyway, and one receiver must not get it twice under two names.
 */
export function route(pod: Pod, routing: Routing): Route {
  const text = textOf(fieldsOf(pod.metadata.annotations)[ROUTE_ANNOTATION]);
  if (text === undefined || routing.podWebhooks.length === 0) {
    return { endpoints: routing.endpoints, problems: [] };
  }
  const wish = parseAnnotation(text, routing.podWebhooks);
  const own = wish.urls.flatMap((url) => endpointsAt(url, routing));
  const endpoints = own.length > 0 ? own : routing.endpoints;
  const problems = wish.problems.map((problem) => annotationProblem(pod, problem, own.length === 0));
  return wish.environment === undefined
    ? { endpoints, problems }
    : { endpoints, environment: wish.environment, problems };
}

function endpointsAt(url: URL, { endpoints, ofAnnotations }: Routing): Endpoint[] {
  const same = endpoints.filter((endpoint) => endpoint.url?.href === url.href);
  return same.length > 0 ? same : [annotationEndpoint(url, ofAnnotations)];
}

/** The sentence for one problem, with what follows from it for the pod. */
export function annotationProblem(pod: Pod, problem: string, fallsBack: boolean): string {
  const { namespace, name } = pod.metadata;
  const end = fallsBack ? " The pod goes to the default webhooks." : "";
  return `The annotation ${ROUTE_ANNOTATION} of pod ${namespace}/${name}: ${problem}.${end}`;
}
