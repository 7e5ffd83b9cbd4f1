import type { World } from "../../src/app/world.ts";
import { fixedSecrets } from "../../src/runtime/secret_file.ts";

/** The world of a run in the test's own process: nothing happens by chance, and there is nothing but what the test names. */
export function worldWith(own: Pick<World, "clock" | "log" | "stop"> & Partial<World>): World {
  return {
    random: () => 0,
    env: () => undefined,
    secrets: fixedSecrets([]),
    operate: () => {},
    print: () => Promise.resolve(),
    realPath: (path) => path,
    ...own,
  };
}
