import { run } from "../build/command.ts";

/** Where the figures come from: they mean little without it. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGiB: number;
  system: string;
  deno: string;
  go: string;
}

/** The shape of this machine, and the versions of what was measured. */
export async function describeMachine(): Promise<Machine> {
  const cpu = await run("cat", ["/proc/cpuinfo"]).catch(() => "");
  return {
    processor: /^model name\s*: (.*)$/m.exec(cpu)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memoryGiB: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
    system: `${Deno.build.os} ${Deno.osRelease().split(".").slice(0, 2).join(".")}`,
    deno: Deno.version.deno,
    go: /go(\d\S*)/.exec(await run("go", ["version"]).catch(() => ""))?.[1] ?? "none",
  };
}

/** What kind of machine it is: figures of two kinds cannot be compared. */
export function nameMachine({ processor, cores }: Machine): string {
  return `${cores} cores (${processor})`;
}

/** One line about it. */
export function printMachine(machine: Machine): string {
  const { memoryGiB, system, deno, go } = machine;
  return `${nameMachine(machine)}, ${memoryGiB} GiB, ${system}, Deno ${deno}, Go ${go}`;
}
