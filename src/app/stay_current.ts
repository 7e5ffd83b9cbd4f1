import type { UpdateOptions } from "../cli/update.ts";
import type { ApiServer } from "../cluster/api.ts";
import type { Pod } from "../pod/pod.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Env } from "../runtime/environment.ts";
import type { Log } from "../runtime/log.ts";
import { PLATFORM } from "../runtime/platform.ts";
import { readPod } from "../source/lookup.ts";
import { type Keyring, noCredentials, readDockerConfig } from "../update/docker_config.ts";
import { httpGetWith } from "../update/http_get.ts";
import { Registry } from "../update/registry.ts";
import { RegistryError } from "../update/registry_error.ts";
import { keepCurrent } from "../update/updater.ts";

/** What the updater is run with. */
export interface StayCurrentDeps {
  /** Reads the program's own pod; undefined outside a cluster. */
  ownPod: ((signal: AbortSignal) => Promise<Pod>) | undefined;
  /** For the variables of proxies. */
  env: Env;
  clock: Clock;
  random: () => number;
  log: Log;
  /** The version that runs. */
  version: string;
  /** Why leaving now would lose something, as a clause. */
  loses: () => Promise<string | undefined>;
  /** Called after each look. */
  looked: (outcome: { isNewer: boolean; isFault: boolean }) => void;
  /** Ends the program in an orderly way. */
  leave: () => void;
}

/** Runs the updater on the real registry, until the signal aborts or there is nothing to follow. */
export async function stayCurrent(
  { mode, image, interval, registryConfig, insecureRegistries }: UpdateOptions,
  deps: StayCurrentDeps,
  stop: AbortSignal,
): Promise<void> {
  const { version, clock, log } = deps;
  const keyring = (): Promise<Keyring> =>
    registryConfig === undefined ? Promise.resolve(noCredentials) : readDockerConfig(registryConfig);
  const registry = {
    get: httpGetWith(deps.env),
    keyring,
    insecure: insecureRegistries,
    userAgent: `k8svent/${version}`,
    now: clock.now,
    platform: PLATFORM,
  };
  // The first look may be a day ahead, and outside a cluster never come.
  if (mode !== "off") await sayUnreadable(keyring, log);
  await keepCurrent({
    ...deps,
    mode,
    image,
    interval,
    open: (one) => new Registry(one, registry),
  }, stop);
}

/** The names come by the downward API; without them this is no pod, or one that does not say which. */
export function ownPodOf(api: ApiServer, env: Env): ((signal: AbortSignal) => Promise<Pod>) | undefined {
  const namespace = env("POD_NAMESPACE");
  const name = env("POD_NAME");
  return namespace && name ? async (signal) => (await readPod(api, namespace, name, signal)).pod : undefined;
}

async function sayUnreadable(read: () => Promise<Keyring>, log: Log): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    log.warn(`Update: ${error.message}. Fix it, or correct its path: it is read again at each check.`);
  }
}
