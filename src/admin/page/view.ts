import type { EndpointStatus, Status } from "../admin.ts";

/** What each page knows besides what it is about. */
export interface View {
  /** Milliseconds. */
  now: number;
  query: URLSearchParams;
  status: Status;
  endpoints: EndpointStatus[];
  /** Whether there is somebody to log out. */
  isLoggedIn: boolean;
}

/** The page of an endpoint. */
export function endpointPath(name: string): string {
  return `/endpoints/${encodeURIComponent(name)}`;
}

/** The page of a delivery. */
export function deliveryPath(endpoint: string, id: string): string {
  return `${endpointPath(endpoint)}/deliveries/${encodeURIComponent(id)}`;
}

/** The page of a pod. */
export function podPath({ namespace, name }: { namespace: string; name: string }): string {
  return `/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}

/** A path with those of the parameters that have a value. */
export function withQuery(path: string, parameters: Record<string, string | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, value);
  }
  return query.size === 0 ? path : `${path}?${query}`;
}

/** What an action carries along in its address, to come back to the page as it was. */
export function backTo(query: URLSearchParams): Record<string, string> {
  const names = ["from", "state", "namespace", "pod", "reason", "outcome", "limit"];
  return Object.fromEntries(names.flatMap((name) => {
    const value = query.get(name) ?? "";
    return value === "" ? [] : [[name, value]];
  }));
}
