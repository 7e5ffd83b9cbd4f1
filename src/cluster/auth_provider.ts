import { ClusterError } from "./error.ts";
import type { KubeconfigEntry } from "./kubeconfig_entry.ts";

/** Those that client-node knows. */
const KNOWN = ["oidc", "gcp", "azure"];

/** Gives the headers that client-node would send. */
type Ask = () => Promise<Record<string, unknown>>;

/**
 * Headers by a kubeconfig's `auth-provider`, which client-node knows for `oidc` (and, as kubectl until 1.26,
 * `gcp` and `azure`). It keeps the token and renews it by itself when it expires.
 *
 * @throws {ClusterSetupError} for one of another name.
 */
export function authProviderHeaders(provider: KubeconfigEntry): () => Promise<Record<string, string>> {
  const name = provider.text("name") ?? "";
  if (!KNOWN.includes(name)) {
    throw provider.error(
      `its auth-provider "${name}" is not known. Use an exec plugin, which has replaced auth-providers`,
    );
  }
  let ask: Promise<Ask> | undefined;
  return async () => {
    ask ??= open(name, provider.part("config")?.fields ?? {});
    const headers = await (await ask)().catch((cause: unknown) => {
      throw refused(provider, name, cause);
    });
    const authorization = headers.Authorization;
    if (typeof authorization !== "string") throw refused(provider, name);
    return { authorization };
  };
}

async function open(name: string, config: Record<string, unknown>): Promise<Ask> {
  const { KubeConfig } = await import("./client_node.ts");
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    // It builds an agent for the server, which is never used, and refuses http://.
    { name: "cluster", server: "https://unused.invalid", skipTLSVerify: false },
    { name: "user", authProvider: { name, config: { ...config } } },
  );
  return async () => {
    const options: { headers: Record<string, unknown> } = { headers: {} };
    await kubeConfig.applyToHTTPSOptions(options as Parameters<typeof kubeConfig.applyToHTTPSOptions>[0]);
    return options.headers;
  };
}

function refused(provider: KubeconfigEntry, name: string, cause?: unknown): ClusterError {
  return new ClusterError(
    "unauthorized",
    `The auth-provider "${name}" of ${provider.what} gave no token. Sign in again, or use an exec plugin ` +
      "(kubelogin for OIDC), which has replaced it.",
    { cause },
  );
}
