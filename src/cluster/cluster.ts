import type { ClientCertificate } from "../runtime/client_certificate.ts";
import type { Proxy } from "../runtime/proxy.ts";
import { isQuoted, placeholderFault } from "../runtime/unfilled.ts";
import { ClusterError } from "./error.ts";

/** What one request is made with. */
export interface Access {
  /** A list of values is as many lines of that name. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly certificate?: ClientCertificate;
}

/** Who asks. Called before each request, also concurrently; may read files or run a program. */
export interface Credentials {
  /** @throws {ClusterError} where there are none to be had. */
  current(): Promise<Access>;
  /** After a 401 to `refused`: what should be tried instead, equal to it if there is nothing fresher. */
  renew(refused: Access): Promise<Access>;
}

/** One cluster as a pod's environment or a kubeconfig describes it. */
export interface Cluster {
  /** With a path where the API server stands behind one (`https://rancher.example/k8s/clusters/c-1`). */
  readonly server: URL;
  /** On the way there: the kubeconfig's, else the environment's. */
  readonly proxy?: Proxy;
  /** The CA's certificates as PEM, read anew each time; the system's alone where undefined. */
  readonly trust: () => Promise<string | undefined>;
  /** Where `trust` comes from, for sentences: `certificate-authority of the cluster "near" in /home/me/.kube/config`. */
  readonly trustFrom: string;
  /** The name that the server's certificate must be for, in place of the URL's. */
  readonly serverName?: string;
  /** Whether the server's certificate is not looked at, as insecure-skip-tls-verify asks. */
  readonly isUnverified?: boolean;
  /**
   * Whether answers are asked for as they are. To deflate a list costs the API server as much again as to make it, which
   * pays on a slow way alone (kubernetes#112296): not within a cluster.
   */
  readonly isUncompressed?: boolean;
  readonly credentials: Credentials;
}

/** Credentials that are read anew for each request, so that a rotated file counts at once. */
export function reread(read: () => Promise<Access>): Credentials {
  return { current: read, renew: read };
}

/** Whether two accesses would make the same requests over the same trust. */
export function sameAccess(a: Access, b: Access): boolean {
  return sameCertificate(a, b) && JSON.stringify(a.headers) === JSON.stringify(b.headers);
}

/** Whether two accesses show the same client certificate, or none. */
export function sameCertificate({ certificate: a }: Access, { certificate: b }: Access): boolean {
  return a?.cert === b?.cert && a?.key === b?.key;
}

/**
 * @param from where the token comes from, for the sentence: `the file /run/token`
 * @throws {ClusterError} for a token that cannot stand in a header, or that no server gave out as it is.
 */
export function bearer(token: string, from: string): Record<string, string> {
  const fault = tokenFault(token);
  if (fault !== undefined) {
    throw new ClusterError("unauthorized", `The token for the API server, from ${from}, ${fault}.`);
  }
  return { authorization: `Bearer ${token}` };
}

/** fetch would refuse some of these, too, but with the token in its message; the server would say "Unauthorized". */
function tokenFault(token: string): string | undefined {
  if (isQuoted(token)) return "stands in quotes, which are part of it there: take them out";
  if (/^(authorization:\s*)?bearer\s/i.test(token)) {
    return 'begins with "Bearer", which is put before it anyway: take that word out';
  }
  if (/^\s*[{[]/.test(token)) return "is JSON: give only the token that stands in it";
  if (/^token\s*[:=]/i.test(token)) return "begins with its name: give only what follows it";
  const placeholder = placeholderFault(token, false);
  if (placeholder !== undefined) return placeholder;
  if (/^[\x21-\x7e]+$/.test(token)) return undefined;
  return "is empty or holds white space or other characters that no token has: check what is there";
}
