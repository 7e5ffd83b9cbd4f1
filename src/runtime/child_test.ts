import assert from "node:assert/strict";
import { cannotRun, type Child, type Ran, runChild } from "./child.ts";
import { systemClock } from "./clock.ts";

const NEVER = new AbortController().signal;

async function run(argv: string[], child: Partial<Child> = {}): Promise<Ran> {
  const whole = { stdin: new Uint8Array(0), env: {}, printsHere: false, timeout: 60_000, ...child };
  return await runChild({ argv, ...whole }, systemClock, NEVER);
}

Deno.test("a program gets its arguments as they are, its standard input and its variables", async () => {
  const script = 'test "$1" = "a  b; \\$HOME" && test "$(cat)" = body && test "$K8SVENT_HEADER_X" = y';
  const stdin = new TextEncoder().encode("body");
  const env = { K8SVENT_HEADER_X: "y" };
  assert.deepEqual(await run(["sh", "-c", script, "sh", "a  b; $HOME"], { stdin, env }), {
    kind: "ended",
    code: 0,
  });
});

Deno.test("a program that fails tells its code, and one that reads nothing is no fault", async () => {
  assert.deepEqual(await run(["sh", "-c", "exit 7"], { stdin: new Uint8Array(1_000_000) }), {
    kind: "ended",
    code: 7,
  });
});

Deno.test("a program that takes too long is killed, with what it has started", async () => {
  const file = await Deno.makeTempFile();
  const script = 'sleep 600 & echo $! > "$1"; wait';
  assert.deepEqual(await run(["sh", "-c", script, "sh", file], { timeout: 500 }), { kind: "killed" });
  const pid = (await Deno.readTextFile(file)).trim();
  assert.match(pid, /^\d+$/);
  // One that nobody has waited for yet is a zombie.
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", pid] }).output();
  assert.match(new TextDecoder().decode(stdout), /^(Z.*)?\s*$/);
  await Deno.remove(file);
});

Deno.test("a program is killed as soon as nobody waits for it", async () => {
  const stop = new AbortController();
  const child = {
    argv: ["sleep", "600"],
    stdin: new Uint8Array(0),
    env: {},
    printsHere: false,
    timeout: 600_000,
  };
  const running = runChild(child, systemClock, stop.signal);
  stop.abort();
  assert.deepEqual(await running, { kind: "killed" });
  assert.deepEqual(await runChild(child, systemClock, stop.signal), { kind: "killed" });
});

Deno.test("a program that is not there is said not to be", async () => {
  assert.deepEqual(await run(["no-such-program"]), { kind: "not started", why: "was not found" });
  const file = await Deno.makeTempFile();
  assert.deepEqual(await run([file]), {
    kind: "not started",
    why: "may not be run: it is not executable (chmod +x)",
  });
  await Deno.remove(file);
});

Deno.test({
  name: "that a program is missing, or may not be run, is known before it is",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    const file = await Deno.makeTempFile();
    assert.deepEqual([cannotRun("sh"), cannotRun("/bin/sh")], [undefined, undefined]);
    assert.deepEqual([cannotRun("no-such-program"), cannotRun("/bin")], ["was not found", "was not found"]);
    assert.equal(cannotRun(file), "may not be run: it is not executable (chmod +x)");
    await Deno.remove(file);
  },
});
