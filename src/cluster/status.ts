import { ClusterError, type ClusterFault } from "./error.ts";

/**
 * Milliseconds. A server that asks to be left alone for longer is asked again after this: no one hears of any
 * pod meanwhile, and a proxy may name a date of its own clock.
 */
const LONGEST_WAIT = 300_000;

/** The part of a meta/v1 Status that decides what to do. Any field may be missing. */
interface Status {
  kind?: unknown;
  code?: unknown;
  reason?: unknown;
  message?: unknown;
  details?: { retryAfterSeconds?: unknown; causes?: unknown };
}

/**
 * What a Status means: the body of an answer that is not 2xx, or the object of a watch's ERROR event.
 *
 * @param status the object as it was parsed; anything that is no Status counts as an empty one
 * @param httpStatus of the answer; without it, as in a stream, the Status' own code counts
 * @param retryAfter milliseconds, from the answer's Retry-After header, which wins over the Status'; five minutes
 * of either count at the most
 */
export function statusError(status: unknown, httpStatus?: number, retryAfter?: number): ClusterError {
  const given = isStatus(status) ? status : {};
  const code = httpStatus ?? (typeof given.code === "number" ? given.code : undefined);
  const fault = classify(given, code);
  const asked = retryAfter ?? retryAfterOf(given);
  const wait = asked === undefined ? undefined : Math.min(LONGEST_WAIT, asked);
  return new ClusterError(fault, sentence(fault, given, code, wait), {
    ...(code === undefined ? {} : { status: code }),
    ...(wait === undefined ? {} : { retryAfter: wait }),
    ...(said(given) === "" ? {} : { said: said(given) }),
  });
}

function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && (value as Status).kind === "Status";
}

/** By the code, or the reason where a proxy or an aggregated server changed the code (client-go does too). */
function classify(status: Status, code: number | undefined): ClusterFault {
  if (code === 410 || status.reason === "Expired" || status.reason === "Gone") return "expired";
  if (isTooLarge(status)) return "too-large";
  if (code === 429) return "busy";
  if (code === 401) return "unauthorized";
  if (code === 403) return "forbidden";
  if (code === 404) return "missing";
  return code !== undefined && code >= 400 ? "server" : "protocol";
}

function isTooLarge(status: Status): boolean {
  const causes = Array.isArray(status.details?.causes) ? status.details.causes : [];
  return causes.some((cause: { reason?: unknown } | null) => cause?.reason === "ResourceVersionTooLarge") ||
    // Servers before 1.19 name no cause.
    /^(Timeout: )?Too large resource version/.test(textOf(status.message));
}

function retryAfterOf(status: Status): number | undefined {
  const seconds = status.details?.retryAfterSeconds;
  return typeof seconds === "number" && seconds > 0 ? seconds * 1000 : undefined;
}

function sentence(fault: ClusterFault, status: Status, code: number | undefined, wait?: number): string {
  switch (fault) {
    case "expired":
      return `The API server no longer keeps the version asked for (${code}): the pods have to be listed anew.`;
    case "too-large":
      return `The API server has not reached the version asked for (${code}): it is behind, or was restored.`;
    case "busy":
      return `The API server is busy (${code})${
        wait ? ` and wants to be left alone for ${wait / 1000} s` : ""
      }.`;
    case "unauthorized":
      return "The API server does not accept the credentials (401). On a workstation, sign in to the cluster " +
        "again and see whether kubectl works; in a pod, check that its service account still exists.";
    case "forbidden":
      return forbidden(textOf(status.message));
    case "missing":
      return `The API server has no such object (404)${quote(status)}.`;
    case "server":
      return `The API server answered ${code}${quote(status)}.`;
    default:
      return `The API server sent what its API does not promise${code === undefined ? "" : ` (${code})`}: ` +
        "check that the address is an API server's and that no login page or proxy answers in its place.";
  }
}

/** The words of Kubernetes' authorizer (apiserver, endpoints/handlers/responsewriters/errors.go). */
const FORBIDDEN =
  /User "([^"]*)" cannot (\S+) resource "([^"]*)"(?: in API group "[^"]*")?(?: in the namespace "([^"]*)")?/;

function forbidden(message: string): string {
  const [matched, user, verb, resource, namespace] = FORBIDDEN.exec(message) ?? [];
  if (matched === undefined) {
    return "The API server forbids the request (403) and does not say what is missing: it takes get, list and " +
      "watch on pods, which kube/rbac.yaml grants to the service account of k8svent.";
  }
  const scope = namespace === undefined ? "in all namespaces" : `in the namespace ${namespace}`;
  return `The API server forbids ${user} to ${verb} ${resource} ${scope} (403). ${
    remedy(user, resource, namespace)
  }`;
}

/** Whom the manifests grant anything: nobody else gains by applying them as they are. */
const OWN_ACCOUNT = "system:serviceaccount:k8svent:k8svent";

function remedy(
  user: string | undefined,
  resource: string | undefined,
  namespace: string | undefined,
): string {
  return resource === "pods" ? granting(user, namespace) : "An administrator has to grant it.";
}

/** What grants a user the right to pods. @param user undefined: nobody knows who is meant */
export function granting(user: string | undefined, namespace: string | undefined): string {
  const [file, where] = namespace === undefined
    ? ["kube/rbac.yaml", ""]
    : ["kube/rbac-namespaced.yaml", ` -n ${namespace}`];
  const known = user === OWN_ACCOUNT
    ? " to the service account of k8svent"
    : ` to ${OWN_ACCOUNT} alone; name ${user} in its subjects`;
  return `${file} grants it${user === undefined ? "" : known}: kubectl apply${where} -f ${file}`;
}

/** What a selector that is wrong makes the server begin with: the request, word for word. */
const UNABLE_TO_FIND = /^Unable to find "[^"]*" that match label selector ".*?", field selector ".*?": /;

/** What the server says itself, short and without paths. */
function said(status: Status): string {
  return textOf(status.message)
    .replace(UNABLE_TO_FIND, "")
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s"']+/gi, "$1…")
    .replace(/"\/[^"]*"/g, '"/…"')
    .slice(0, 200);
}

/** The same behind a sentence: `, reason: "message"`. */
function quote(status: Status): string {
  const reason = textOf(status.reason);
  const message = said(status);
  return `${reason === "" ? "" : `, ${reason}`}${message === "" ? "" : `: "${message}"`}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
