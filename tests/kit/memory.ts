import { run } from "./command.ts";

/** Resident memory of a process, in bytes, by `ps`: the runtime's permissions keep tests from reading /proc. */
export async function residentMemory(pid: number): Promise<number> {
  return Number(await run("ps", ["-o", "rss=", "-p", `${pid}`])) * 1024;
}

/** The most resident memory that a process has had so far, in bytes; undefined: it has ended. */
export async function peakMemory(pid: number): Promise<number | undefined> {
  const status = await run("cat", [`/proc/${pid}/status`]).catch(() => "");
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
