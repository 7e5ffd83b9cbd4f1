import type { Disk } from "../../src/store/database.ts";

/** The disk, made durable by something else. */
export function syncedBy(disk: Disk, sync: () => Promise<void>): Disk {
  return {
    get database() {
      return disk.database;
    },
    isMemory: disk.isMemory,
    behindIn: disk.behindIn,
    sync,
    open: () => disk.open(),
    check: () => disk.check(),
    setBehind: (epoch) => disk.setBehind(epoch),
    close: () => disk.close(),
  };
}
