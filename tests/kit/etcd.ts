import { daemon } from "./bare_control_plane.ts";
import { run } from "./command.ts";
import { type ControlPlane, kill, readEnv } from "./control_plane.ts";

/** Makes etcd forget every version before now: whoever watches or lists from one of them gets 410. */
export async function compact(plane: ControlPlane): Promise<void> {
  const { header } = await call(plane, "kv/range", { key: btoa("\0"), count_only: true });
  await call(plane, "kv/compaction", { revision: header.revision, physical: true });
}

/** What etcd holds at one moment, to go back to. */
export interface Backup {
  folder: string;
}

/** Copies etcd's data. The control plane stands still meanwhile, and has started again when it returns. */
export async function backUp(plane: ControlPlane): Promise<Backup> {
  const folder = await Deno.makeTempDir({ dir: plane.dir, prefix: "etcd-backup-" });
  await whileStopped(plane, () => run("cp", ["-r", `${plane.dir}/etcd/.`, folder]));
  return { folder };
}

/**
 * Puts the copy in the place of etcd's data, as a restored backup does: versions go back.
 *
 * @param before called when etcd runs again, and the API server does not yet
 */
export async function restore(
  plane: ControlPlane,
  { folder }: Backup,
  before?: () => Promise<void>,
): Promise<void> {
  await whileStopped(plane, async () => {
    await Deno.remove(`${plane.dir}/etcd`, { recursive: true });
    await run("cp", ["-r", folder, `${plane.dir}/etcd`]);
  }, before);
}

async function whileStopped(
  plane: ControlPlane,
  work: () => Promise<unknown>,
  before?: () => Promise<void>,
): Promise<void> {
  const file = `${plane.dir}/env`;
  const pid = (await readEnv(plane.dir)).get("ETCD_PID") ?? "";
  // Not by the runtime: it lets nobody read /proc who may not do everything.
  const words = (await run("cat", [`/proc/${pid}/cmdline`])).split("\0").filter(Boolean);
  await plane.stopApiServer();
  await kill(pid);
  await work();
  const started = await daemon(words.map((word) => `'${word}'`).join(" "), `${plane.dir}/log/etcd.log`);
  const env = await Deno.readTextFile(file);
  await Deno.writeTextFile(file, env.replace(/^ETCD_PID=.*$/m, `ETCD_PID=${started}`));
  await before?.();
  await plane.startApiServer();
}

/** etcd's JSON gateway: keys and values are base64, integers are strings. */
async function call(
  plane: ControlPlane,
  method: string,
  body: Record<string, unknown>,
): Promise<{ header: { revision: string } }> {
  const response = await fetch(`${plane.etcd}/v3/${method}`, { method: "POST", body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`etcd answered ${response.status} to ${method}: ${text}`);
  return JSON.parse(text);
}
