import { run } from "./command.ts";

/** Resident memory of a process, in bytes, by `ps`: the runtime's permissions keep tests from reading /proc. */
export async function residentMemory(pid: number): Promise<number> {
  return Number(await run("ps", ["-o", "rss=", "-p", `${pid}`])) * 1024;
}
