import type { Options } from "../cli/options.ts";
import type { Clock } from "../runtime/clock.ts";
import type { Log } from "../runtime/log.ts";
import type { Disk } from "../store/database.ts";
import { openStore } from "../store/open.ts";
import type { Store, StoreOptions } from "../store/store.ts";
import { sayDiskFault, sayEvicted } from "./announce.ts";

/** The store, in the file of `--state` where one counts. */
export function openStoreOf(
  { once, state, buffer, stateMax }: Pick<Options, "once" | "state" | "buffer" | "stateMax">,
  openDisk: ((file: string) => Disk) | undefined,
  { clock, log }: { clock: Clock; log: Log },
  on: Pick<StoreOptions, "onReady" | "onEvicted">,
): Store {
  const file = once ? undefined : state;
  return openStore({
    file,
    buffer,
    stateMax,
    clock,
    onReady: on.onReady,
    onDiskFault: (fault) => sayDiskFault(fault, log),
    onEvicted(endpoint, messages): void {
      sayEvicted(endpoint, messages, log);
      on.onEvicted(endpoint, messages);
    },
  }, file === undefined ? undefined : openDisk?.(file));
}
