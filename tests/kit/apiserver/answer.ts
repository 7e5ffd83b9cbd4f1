/** An answer as a whole; the bodies here are those of kube-apiserver 1.37, word for word. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body: string;
}

/** The `Status` of a failure. The order of the fields is the server's. */
export function statusBody(
  code: number,
  reason: string | undefined,
  message: string,
  details?: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
): string {
  const status = { kind: "Status", apiVersion: "v1", metadata, status: "Failure", message };
  return JSON.stringify({ ...status, ...(reason && { reason }), ...(details && { details }), code });
}

export function badRequest(message: string): Answer {
  return { status: 400, body: statusBody(400, "BadRequest", message) };
}

/** A rule about list options was broken: `what` begins with the server's kind of complaint. */
export function invalidOption(reason: string, what: string): Answer {
  const field = "resourceVersionMatch";
  const message = `ListOptions.meta.k8s.io "" is invalid: ${field}: ${what}`;
  const causes = [{ reason, message: what, field }];
  const details = { group: "meta.k8s.io", kind: "ListOptions", causes };
  return { status: 422, body: statusBody(422, "Invalid", message, details) };
}

export function forbiddenOption(what: string): Answer {
  return invalidOption("FieldValueForbidden", `Forbidden: ${what}`);
}

export function podNotFound(name: string): Answer {
  return {
    status: 404,
    body: statusBody(404, "NotFound", `pods "${name}" not found`, { name, kind: "pods" }),
  };
}

export function noSuchPath(): Answer {
  return {
    status: 404,
    body: statusBody(404, "NotFound", "the server could not find the requested resource", {}),
  };
}

/** The server is behind the version asked for. A real one waits 3 s before it says so; this one does not. */
export function tooLarge(asked: number, current: number): Answer {
  const message = `Timeout: Too large resource version: ${asked}, current: ${current}`;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  const details = { causes, retryAfterSeconds: 1 };
  return {
    status: 504,
    headers: { "retry-after": "1" },
    body: statusBody(504, "Timeout", message, details),
  };
}

export function listExpired(): Answer {
  const message = "The resourceVersion for the provided list is too old.";
  return { status: 410, body: statusBody(410, "Expired", message) };
}

/** The token in the answer goes on at the newest version: an inconsistent list. */
export function continueExpired(inconsistent: string): Answer {
  const message = "The provided continue parameter is too old to display a consistent list result. " +
    "You can start a new list without the continue parameter, or use the continue token in this response to " +
    "retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list " +
    "- objects that were created, modified, or deleted between the time the first chunk was returned and now " +
    "may show up in the list.";
  const metadata = { continue: inconsistent };
  return { status: 410, body: statusBody(410, "Expired", message, undefined, metadata) };
}

/** What a request is refused with, by the status that a test asks for. */
export function refusal(status: number, verb: string, scope: string, retryAfter?: number): Answer {
  const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  return { status, headers, body: refusalBody(status, verb, scope) };
}

function refusalBody(status: number, verb: string, scope: string): string {
  const user = "system:serviceaccount:k8svent:k8svent";
  switch (status) {
    case 401:
      return statusBody(401, "Unauthorized", "Unauthorized");
    case 403: {
      const message =
        `pods is forbidden: User "${user}" cannot ${verb} resource "pods" in API group "" ${scope}`;
      return statusBody(403, "Forbidden", message, { kind: "pods" });
    }
    case 410:
      return listExpired().body;
    case 429:
      return statusBody(429, "TooManyRequests", "Too many requests, please try again later.", {});
    default:
      return statusBody(status, "InternalError", "Internal error occurred: made by a test", {});
  }
}
