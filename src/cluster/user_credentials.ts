import type { Clock } from "../runtime/clock.ts";
import type { Env } from "../runtime/environment.ts";
import type { Log } from "../runtime/log.ts";
import { authProviderHeaders } from "./auth_provider.ts";
import { type Access, bearer, type Credentials, reread } from "./cluster.ts";
import { ExecCredentials } from "./exec.ts";
import { execPlugin } from "./exec_plugin.ts";
import { KeptFile } from "./kept_file.ts";
import type { KubeconfigEntry } from "./kubeconfig_entry.ts";

/** What reading credentials needs of the world. */
export interface CredentialDeps {
  clock: Clock;
  log: Log;
  /** For the variables of proxies, which a credential plugin is given; none by default. */
  env?: Env;
  /** Ends with the connection: a credential plugin that still runs is ended then. */
  signal: AbortSignal;
}

/** For a server that asks nobody who they are, such as `kubectl proxy`. */
export const anonymous: Credentials = reread(() => Promise.resolve({ headers: {} }));

type Headers = Access["headers"];

/**
 * What a kubeconfig's user proves who it is with. Files are read anew for each request.
 *
 * @throws {ClusterSetupError} for fields that are broken or cannot be honoured.
 */
export function credentialsOf(
  user: KubeconfigEntry,
  cluster: KubeconfigEntry,
  deps: CredentialDeps,
): Credentials {
  const impersonation = impersonationOf(user);
  const exec = user.part("exec");
  if (exec !== undefined) return new ExecCredentials(execPlugin(exec, cluster), impersonation, deps);
  const authorization = authorizationOf(user, deps.log);
  const certificate = certificateOf(user, deps.log);
  return reread(async () => ({
    headers: { ...await authorization(), ...impersonation },
    ...await certificate(),
  }));
}

/** Only the user: `fetch` joins equal headers with a comma, and the server would read two groups as one. */
function impersonationOf(user: KubeconfigEntry): Headers {
  for (const field of ["as-uid", "as-groups", "as-user-extra"]) {
    if (user.has(field)) throw user.error(`${field} is not supported. Use a user that needs no ${field}`);
  }
  const name = user.text("as");
  return name === undefined ? {} : { "impersonate-user": name };
}

/** As kubectl: an auth provider, then a token file, then a token, then user and password. */
function authorizationOf(user: KubeconfigEntry, log: Log): () => Promise<Headers> {
  const provider = user.part("auth-provider");
  if (provider !== undefined) return authProviderHeaders(provider);
  const path = user.path("tokenFile");
  if (path !== undefined) {
    const file = new KeptFile(path, "unauthorized", log);
    return async () => bearer(await file.text());
  }
  const token = user.text("token");
  if (token !== undefined) return () => Promise.resolve(bearer(token));
  const name = user.text("username");
  if (name === undefined) return () => Promise.resolve({});
  const bytes = new TextEncoder().encode(`${name}:${user.text("password") ?? ""}`);
  return () => Promise.resolve({ authorization: `Basic ${bytes.toBase64()}` });
}

function certificateOf(user: KubeconfigEntry, log: Log): () => Promise<Partial<Access>> {
  const cert = pemOf(user, "client-certificate", log);
  const key = pemOf(user, "client-key", log);
  if (cert === undefined && key === undefined) return () => Promise.resolve({});
  if (cert === undefined || key === undefined) {
    throw user.error("a client certificate needs both client-certificate and client-key");
  }
  return async () => ({ cert: await cert(), key: await key() });
}

/** As kubectl: the data wins over the file. */
function pemOf(user: KubeconfigEntry, field: string, log: Log): (() => Promise<string>) | undefined {
  const inline = user.decoded(`${field}-data`);
  if (inline !== undefined) return () => Promise.resolve(inline);
  const path = user.path(field);
  if (path === undefined) return undefined;
  const file = new KeptFile(path, "unauthorized", log);
  return () => file.text();
}
