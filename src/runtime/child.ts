import type { Clock } from "./clock.ts";

/** What came of a program that was run. */
export type Ran =
  | { kind: "ended"; code: number }
  /** It took too long, or was not waited for any more, and was killed with what it had started. */
  | { kind: "killed" }
  /** `why`: for people, a clause that goes on after the program's name. */
  | { kind: "not started"; why: string };

/** What a program is given. */
export interface Child {
  /** The program and its arguments: no shell reads them. */
  argv: readonly string[];
  stdin: Uint8Array;
  /** Added to the environment of this one. */
  env: Readonly<Record<string, string>>;
  /** Whether what it prints goes where this one prints; else only what it says on stderr does. */
  printsHere: boolean;
  /** Milliseconds. */
  timeout: number;
}

/** Runs a program to its end. Never rejects. */
export async function runChild(
  { argv: [command = "", ...args], stdin, env, printsHere, timeout }: Child,
  clock: Clock,
  signal: AbortSignal,
): Promise<Ran> {
  if (signal.aborted) return { kind: "killed" };
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, {
      args,
      env: { ...env },
      stdin: "piped",
      stdout: printsHere ? "inherit" : "null",
      stderr: "inherit",
      // In a group of its own, so that what it starts can be killed with it.
      detached: IN_GROUPS,
    }).spawn();
  } catch (error) {
    return { kind: "not started", why: whyNot(error) };
  }
  let isKilled = false;
  const kill = (): void => {
    isKilled = true;
    end(child);
  };
  const cancel = clock.after(timeout, kill);
  signal.addEventListener("abort", kill);
  try {
    const [{ code }] = await Promise.all([child.status, feed(child, stdin)]);
    return isKilled ? { kind: "killed" } : { kind: "ended", code };
  } finally {
    cancel();
    signal.removeEventListener("abort", kill);
  }
}

/** Why a program cannot be run, as far as that can be known without running it, as a clause; undefined: it can. */
export function cannotRun(command: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "run", command });
  if (state !== "granted") return NOT_IN_THIS_BUILD;
  // Windows looks in places of its own, and adds .exe and its like.
  if (Deno.build.os === "windows") return undefined;
  const paths = command.includes("/")
    ? [command]
    : (Deno.env.get("PATH") ?? "").split(":").map((folder) => `${folder || "."}/${command}`);
  const files = paths.map(modeOf).filter((mode) => mode !== undefined);
  if (files.length === 0) return NOT_FOUND;
  return files.some((mode) => (mode & 0o111) !== 0) ? undefined : NOT_EXECUTABLE;
}

/** Of a file; undefined: there is none. */
function modeOf(path: string): number | undefined {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile ? mode ?? 0o111 : undefined;
  } catch {
    return undefined;
  }
}

const NOT_FOUND = "was not found";
const NOT_EXECUTABLE = "may not be run: it is not executable (chmod +x)";

const NOT_IN_THIS_BUILD = "may not be run: this build, for a cluster, runs no programs";

const IN_GROUPS = Deno.build.os !== "windows";

function end(child: Deno.ChildProcess): void {
  try {
    if (IN_GROUPS) Deno.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

async function feed(child: Deno.ChildProcess, bytes: Uint8Array): Promise<void> {
  const writer = child.stdin.getWriter();
  try {
    await writer.write(bytes);
    await writer.close();
  } catch {
    // It ended without reading it all: its exit code tells the story.
  }
}

function whyNot(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) return NOT_IN_THIS_BUILD;
  if (error instanceof Deno.errors.NotFound) return NOT_FOUND;
  if (error instanceof Deno.errors.PermissionDenied) return NOT_EXECUTABLE;
  return "could not be started: it is not a program for this machine";
}
