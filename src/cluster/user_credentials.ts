import type { Clock } from "../runtime/clock.ts";
import type { Env } from "../runtime/environment.ts";
import type { Log } from "../runtime/log.ts";
import { authProviderHeaders } from "./auth_provider.ts";
import { type Access, bearer, type Credentials, reread } from "./cluster.ts";
import type { ClientCertificate } from "../runtime/client_certificate.ts";
import { ExecCredentials } from "./exec.ts";
import { execPlugin, type ResolvedCluster } from "./exec_plugin.ts";
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

/** Gives what stands in `authorization`, as it is at the moment. */
type Authorize = () => Promise<Headers>;

/**
 * What a kubeconfig's user proves who it is with. Files are read anew for each request.
 *
 * A user may name several ways. client-go's precedence (rest/transport.go, plugin/pkg/client/auth/exec.go, and
 * clientcmd's validation), which `credentials_test.ts` holds against kubectl:
 *
 * | beside           | a token or user and password | a client certificate            |
 * | ---------------- | ---------------------------- | ------------------------------- |
 * | exec plugin      | it is not run                | it is not run                   |
 * | auth-provider    | it is not asked              | it is asked: both are shown     |
 * | client certificate | both are shown             |                                 |
 *
 * A token file wins over a token, which stands in where the file cannot be read. Two ways that contradict each other
 * are refused: a token beside user and password, an exec plugin beside an auth-provider.
 *
 * @throws {ClusterSetupError} for fields that are broken, contradict each other or cannot be honoured.
 */
export function credentialsOf(
  user: KubeconfigEntry,
  cluster: ResolvedCluster,
  deps: CredentialDeps,
): Credentials {
  const impersonation = impersonationOf(user);
  const exec = user.part("exec");
  const provider = user.part("auth-provider");
  if (exec !== undefined && provider !== undefined) {
    throw user.error("it has both an exec plugin and an auth-provider. Remove one of them");
  }
  const authorize = authorizationOf(user, deps.log);
  const certificate = certificateOf(user, deps.log);
  if (exec !== undefined && authorize === undefined && certificate === undefined) {
    return new ExecCredentials(execPlugin(exec, cluster), impersonation, deps);
  }
  const ask: Authorize = authorize ?? (provider === undefined ? nothing : authProviderHeaders(provider));
  return reread(async () => ({
    headers: { ...await ask(), ...impersonation },
    ...certificate !== undefined && { certificate: await certificate() },
  }));
}

const nothing: Authorize = () => Promise.resolve({});

/** As whom the user acts (client-go, transport/round_trippers.go): each group, and each value of an extra, is a header. */
function impersonationOf(user: KubeconfigEntry): Headers {
  const name = user.text("as");
  const more = ["as-uid", "as-groups", "as-user-extra"].find((field) => user.has(field));
  if (name === undefined) {
    if (more !== undefined) throw user.error(`it has ${more}, and no as: name the user that is meant`);
    return {};
  }
  const uid = user.text("as-uid");
  const extras = user.part("as-user-extra");
  return {
    ...header(user, "as", "impersonate-user", [name]),
    ...header(user, "as-uid", "impersonate-uid", uid === undefined ? [] : [uid]),
    ...header(user, "as-groups", "impersonate-group", user.list("as-groups")),
    ...Object.assign(
      {},
      ...Object.keys(extras?.fields ?? {}).map((key) =>
        header(user, "as-user-extra", `impersonate-extra-${escaped(key)}`, extras?.list(key) ?? [])
      ),
    ),
  };
}

/** @throws {ClusterSetupError} where that cannot be said by headers. */
function header(user: KubeconfigEntry, field: string, name: string, values: unknown[]): Headers {
  const lines = values.map((value) => {
    if (typeof value !== "string") {
      throw user.error(`${field} holds something that is not a string. Put it in quotes`);
    }
    if (/\p{Cc}/u.test(value)) throw user.error(`${field} holds a line break or another control character`);
    // A header's text is one of bytes: those of UTF-8, as Go sends them.
    return String.fromCharCode(...new TextEncoder().encode(value));
  });
  return lines.length === 0 ? {} : { [name]: lines };
}

/** What cannot stand in a header's name is percent-encoded; the server undoes that, and reads lower case anyhow. */
function escaped(key: string): string {
  return encodeURIComponent(key.toLowerCase()).replace(
    /[()]/g,
    (one) => `%${one.charCodeAt(0).toString(16)}`,
  );
}

/** By a token, or by user and password; undefined where the user has neither. */
function authorizationOf(user: KubeconfigEntry, log: Log): Authorize | undefined {
  const token = tokenOf(user, log);
  const name = user.text("username");
  const password = user.text("password");
  if (token === undefined) {
    if (name === undefined) return undefined;
    const bytes = new TextEncoder().encode(`${name}:${password ?? ""}`);
    return () => Promise.resolve({ authorization: `Basic ${bytes.toBase64()}` });
  }
  if (name !== undefined || password !== undefined) {
    throw user.error("it has both a token and a username or password. Remove one of them");
  }
  const path = user.path("tokenFile");
  const from = path === undefined ? `${user.what} in ${user.file}` : `the file ${path}`;
  return async () => bearer(await token(), from);
}

function tokenOf(user: KubeconfigEntry, log: Log): (() => Promise<string>) | undefined {
  const path = user.path("tokenFile");
  const token = user.text("token");
  if (path === undefined) return token === undefined ? undefined : () => Promise.resolve(token);
  const file = new KeptFile(path, "unauthorized", log, token);
  return () => file.text();
}

function certificateOf(user: KubeconfigEntry, log: Log): (() => Promise<ClientCertificate>) | undefined {
  const cert = pemOf(user, "client-certificate", log);
  const key = pemOf(user, "client-key", log);
  // client-go takes no notice of a key alone.
  if (cert === undefined) return undefined;
  if (key === undefined) throw user.error("it has a client-certificate, and no client-key");
  const where = `${user.what} in ${user.file}`;
  return async () => ({ cert: await cert(), key: await key(), where });
}

/** The data wins over the file. (kubectl refuses both: but what it would use is said in its message.) */
function pemOf(user: KubeconfigEntry, field: string, log: Log): (() => Promise<string>) | undefined {
  const inline = user.decoded(`${field}-data`);
  if (inline !== undefined) return () => Promise.resolve(inline);
  const path = user.path(field);
  if (path === undefined) return undefined;
  const file = new KeptFile(path, "unauthorized", log);
  return () => file.text();
}
