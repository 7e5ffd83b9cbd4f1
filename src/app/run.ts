import type { Options } from "../cli/options.ts";
import { VERSION } from "../cli/version.ts";
import { connectCluster } from "../cluster/connect.ts";
import { selectionsOf } from "../source/query.ts";
import { redactionOf } from "./configured.ts";
import { printOnce } from "./once.ts";
import { dialled, envOf, type Ways, type World } from "./world.ts";

/**
 * Runs the program: connects to the cluster, and prints its pods or delivers them, until `stop` or for one snapshot.
 * Returns the exit code.
 *
 * @throws {ClusterSetupError | ClusterError | ListenError | StoreError} where it cannot begin or go on.
 */
export async function run(
  options: Options,
  world: World,
  ways: Ways = { connect: connectCluster, openClient: dialled() },
): Promise<number> {
  const api = await ways.connect(options, { ...world, version: VERSION });
  try {
    if (options.once && options.endpoints.length === 0 && options.podWebhooks.length === 0) {
      const shown = { env: envOf(options, world), redaction: await redactionOf(options.ofAnnotations) };
      return await printOnce(api, selectionsOf(options), shown, world);
    }
    // Who has the pods printed waits for the end of it, and needs none of what delivers.
    const { deliver } = await import("./deliver.ts");
    return await deliver(options, api, ways, world);
  } finally {
    api.close();
  }
}
