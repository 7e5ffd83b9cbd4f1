import assert from "node:assert/strict";
import { FakeApiServer } from "./tests/kit/apiserver/server.ts";
import { run } from "./tests/kit/command.ts";
import { MARK } from "./tests/kit/confidential.ts";
import { type Program, runProgram, startProgram } from "./tests/kit/program.ts";
import { Receiver, type Reply } from "./tests/kit/receiver.ts";
import { staticImports } from "./tests/kit/static_imports.ts";

/** A program on an API server that is not real, and the folder in which its files are. */
async function withServer(
  test: (
    server: FakeApiServer,
    start: (flags: string[]) => Promise<Program>,
    folder: string,
  ) => Promise<void>,
): Promise<void> {
  const server = await FakeApiServer.start();
  const folder = await Deno.makeTempDir({ prefix: "k8svent-main-" });
  const kubeconfig = `${folder}/kubeconfig`;
  await Deno.writeTextFile(kubeconfig, server.kubeconfig);
  try {
    await test(server, (flags) => startProgram({ args: ["--kubeconfig", kubeconfig, ...flags] }), folder);
  } finally {
    await server.close();
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a secret file whose secret cannot sign is one sentence, and it ends with 1", async () => {
  const file = await Deno.makeTempFile({ prefix: "k8svent-secret-" });
  await Deno.writeTextFile(file, `whsec_${MARK} is not base64\n`);
  const { code, stderr } = await runProgram({ args: ["--once", "--secret-file", file] });
  await Deno.remove(file);
  assert.equal(code, 1);
  assert.match(stderr, /The secret in line 1 of .* begins with whsec_, but the rest is not base64/);
  assert.doesNotMatch(stderr, /unexpectedly/);
});

for (const [signal, expected] of [["SIGHUP", 129], ["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test({
    name: `${signal} while a pipe is waited for ends the program at once with ${expected}`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withServer(async (_server, start, folder) => {
        await run("mkfifo", [`${folder}/pipe`]);
        // It is open as soon as both ends are; then nothing comes.
        const script = 'exec 3> "$0"; echo; exec sleep 60';
        const args = ["-c", script, `${folder}/pipe`];
        const writer = new Deno.Command("sh", { args, stdout: "piped" }).spawn();
        await using program = await start(["--once", "--secret-file", `${folder}/pipe`]);
        const said = writer.stdout.getReader();
        await said.read();
        program.signal(signal);
        assert.equal(await program.ended, expected);
        assert.deepEqual(program.lines, []);
        await said.cancel();
        writer.kill();
        await writer.status;
      }),
  });
}

/** With `--once`. */
async function whileFirstListHangs(test: (program: Program) => Promise<void>): Promise<void> {
  await withServer(async (server, start) => {
    server.faults.answers.push({ kind: "list", status: "hang", times: 9 });
    await using program = await start(["--once"]);
    await server.until(() => server.requests.length > 0, "the list");
    await test(program);
  });
}

for (const [signal, expected] of [["SIGHUP", 129], ["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test({
    name: `${signal} while the first list hangs ends the program quietly with ${expected}`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      whileFirstListHangs(async (program) => {
        program.signal(signal);
        assert.equal(await program.ended, expected);
        assert.deepEqual(program.lines, []);
      }),
  });
}

Deno.test({
  name: "SIGUSR1 ends nothing, also before there is anything to say",
  ignore: Deno.build.os === "windows",
  fn: () =>
    whileFirstListHangs(async (program) => {
      program.signal("SIGUSR1");
      program.signal("SIGTERM");
      assert.equal(await program.ended, 143);
    }),
});

Deno.test({
  name: "a state file that may not become larger ends nothing, and that is said",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withServer(async (server, start, folder) => {
      await using receiver = await Receiver.start();
      await using program = await start(["--url", receiver.url, "--state", `${folder}/state.db`]);
      await program.until(/Listed no pods/);
      await run("prlimit", ["--fsize=4096", "--pid", `${program.pid}`]);
      server.create({ metadata: { name: "web-0" } });
      await program.until(/The state file cannot be written: .*ulimit -f/);
      await receiver.until(() => receiver.about("web-0").length === 1);
      assert.equal(await program.stop(), 0);
    }),
});

Deno.test({
  name: "a log that nobody reads holds up neither deliveries nor the end",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withServer(async (server, _start, folder) => {
      await using receiver = await Receiver.start();
      // Each is a line, and they are more than a pipe holds.
      for (let pod = 0; pod < 1_000; pod++) server.create({ metadata: { name: `web-${pod}` } });
      const flags = ["--kubeconfig", `${folder}/kubeconfig`, "--url", receiver.url, "--log-level", "debug"];
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "-P", "main.ts", ...flags],
        stdout: "null",
        stderr: "piped",
      }).spawn();
      await receiver.until(() => receiver.about("web-999").length === 1);
      child.kill("SIGTERM");
      assert.equal((await child.status).code, 0);
      await child.stderr.cancel();
    }),
});

/** Runs the program in a shell, where `$K8SVENT` is it; gives what the shell printed, and its stderr. */
async function inShell(
  command: string,
  env: Record<string, string> = {},
): Promise<[stdout: string, stderr: string]> {
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", command],
    env: { K8SVENT: `${Deno.execPath()} run -q -P main.ts`, ...env },
  }).output();
  return [new TextDecoder().decode(stdout).trim(), new TextDecoder().decode(stderr).trim()];
}

const FULL = "Cannot write to stdout: no space is left where it leads.";

Deno.test({
  name: "output that cannot be written is one line and exit code 1, without a stack trace",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withServer(async (server, _start, folder) => {
      server.create({ metadata: { name: "web-0" } });
      const KUBECONFIG = `${folder}/kubeconfig`;
      const line = new RegExp(`^{"time":"[^"]+","level":"error","message":"${FULL}"}\n1$`);
      for (const flags of ["--help", "--version", "--once"]) {
        const [, said = ""] = await inShell(`$K8SVENT ${flags} >/dev/full; echo $? >&2`, { KUBECONFIG });
        assert.match(said, line);
      }
    }),
});

Deno.test({
  name: "a stderr that leads nowhere stops nothing",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withServer(async (server, _start, folder) => {
      server.create({ metadata: { name: "web-0" } });
      const KUBECONFIG = `${folder}/kubeconfig`;
      for (const nowhere of ["2>/dev/full", "2>&-"]) {
        const [stdout] = await inShell(`$K8SVENT --once --log-level debug ${nowhere}; echo $?`, {
          KUBECONFIG,
        });
        assert.match(stdout, /^{"pod":[^]*}\n0$/);
      }
      const [code] = await inShell("$K8SVENT --once --kubeconfig /nowhere 2>/dev/full; echo $?");
      assert.equal(code, "1");
      const [usage] = await inShell("$K8SVENT --nosuch 2>/dev/full; echo $?");
      assert.equal(usage, "2");
    }),
});

Deno.test({
  name: "a kubeconfig comes by standard input or by process substitution, too",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withServer(async (server, _start, folder) => {
      server.create({ metadata: { name: "web-0" } });
      const file = `${folder}/kubeconfig`;
      const ways = [
        `$K8SVENT --once --kubeconfig /dev/stdin <${file}`,
        `cat ${file} | $K8SVENT --once --kubeconfig /dev/stdin`,
        `$K8SVENT --once --kubeconfig /dev/fd/0 <${file}`,
        `KUBECONFIG=/dev/stdin $K8SVENT --once <${file}`,
        `$K8SVENT --once --kubeconfig <(cat ${file})`,
      ];
      for (const way of ways) {
        const [stdout, stderr] = await inShell(way);
        assert.match(stdout, /^{"pod":/, `${way}: ${stderr}`);
      }
    }),
});

Deno.test({
  name: "a signal ends a snapshot of which nobody takes the rest",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withServer(async (server, _start, folder) => {
      // More than a pipe holds, in one piece: when its beginning has come, its end still waits.
      server.create({ metadata: { name: "web-0", annotations: { filling: "x".repeat(1_000_000) } } });
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "-P", "main.ts", "--once", "--kubeconfig", `${folder}/kubeconfig`],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = child.stdout.getReader();
      await reader.read();
      child.kill("SIGTERM");
      assert.equal((await child.status).code, 143);
      await reader.cancel();
    }),
});

Deno.test({
  name: "whoever reads a snapshot and has enough of it ends the program, which is no failure",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withServer(async (server, _start, folder) => {
      // More than a pipe holds.
      for (let pod = 0; pod < 500; pod++) {
        server.create({ metadata: { name: `web-${pod}`, annotations: { filling: "x".repeat(1_000) } } });
      }
      const command = `"$1" run -q -P main.ts --once --kubeconfig "$2" | head -n 1; echo "\${PIPESTATUS[0]}"`;
      const { stdout, stderr } = await new Deno.Command("bash", {
        args: ["-c", command, "bash", Deno.execPath(), `${folder}/kubeconfig`],
      }).output();
      const [first = "", code] = new TextDecoder().decode(stdout).split("\n");
      assert.ok(first.startsWith('{"pod":'));
      assert.deepEqual([code, new TextDecoder().decode(stderr)], ["0", ""]);
    }),
});

for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `${signal} ends the program after what is pending was tried once more, with 0`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withServer(async (_server, start) => {
        await using receiver = await Receiver.start();
        await using program = await start(["--url", receiver.url]);
        await program.until(/ follows the pods of /);
        program.signal(signal);
        assert.equal(await program.ended, 0);
        assert.match(
          program.lines.join(),
          /Stopping: pending messages are tried once more\. A second signal stops it/,
        );
      }),
  });
}

Deno.test({
  name:
    "with a configuration file SIGHUP reloads it and ends nothing: before the first list is there, and while it drains",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withServer(async (server, start, folder) => {
      server.create({ metadata: { name: "web-0" } });
      server.faults.answers.push({ kind: "list", status: 503, times: 1 });
      await using receiver = await Receiver.start();
      const config = `${folder}/k8svent.yaml`;
      const write = (name: string): Promise<void> =>
        Deno.writeTextFile(
          config,
          `version: 1\nendpoints: [{ name: ${name}, url: "${receiver.url}/${name}" }]\n`,
        );
      await write("first");
      await using program = await start(["--config", config]);
      await server.until(() => server.requests.length > 0, "a request");
      await write("second");
      program.signal("SIGHUP");
      await program.until(/reloaded: second added; first removed\./);
      await receiver.until(() => receiver.deliveries.at(-1)?.path === "/hook/second", "the pod");

      const held = Promise.withResolvers<Reply>();
      receiver.reply = () => held.promise;
      const before = receiver.deliveries.length;
      server.update({ namespace: "default", name: "web-0" }, ({ metadata }) =>
        metadata.labels = { changed: "yes" });
      await receiver.until(() =>
        receiver.deliveries.length > before, "the change");
      program.signal("SIGTERM");
      await program.until(/Stopping/);
      await write("third");
      program.signal("SIGHUP");
      program.signal("SIGUSR1");
      await program.until(/1 message is pending for endpoint second/);
      held.resolve({ status: 200 });
      assert.equal(await program.ended, 0);
      assert.equal(receiver.deliveries.length, before + 1);
      assert.doesNotMatch(program.lines.join(), /third|second signal \(|unexpectedly/);
    }),
});

for (const [flags, rest] of [[[], "is lost"], [["--state"], "stays in the state file"]] as const) {
  Deno.test({
    name: `a second signal is announced, and ends the program at once: what is pending ${rest}`,
    ignore: Deno.build.os === "windows",
    fn: () =>
      withServer(async (server, start, folder) => {
        server.create({ metadata: { name: "web-0" } });
        await using receiver = await Receiver.start({ reply: () => "hang" });
        const state = flags.map((flag) => [flag, `${folder}/state.db`]).flat();
        await using program = await start(["--url", receiver.url, ...state]);
        await receiver.until(() => receiver.deliveries.length > 0, "the pod");
        program.signal("SIGTERM");
        await program.until(/Stopping/);
        program.signal("SIGINT");
        assert.equal(await program.ended, 130);
        const said = `A second signal (SIGINT): it ends at once. What is pending ${rest}.`;
        assert.ok(program.lines.at(-1)?.includes(said), program.lines.join("\n"));
      }),
  });
}

Deno.test("what sets nothing, and that nothing signs, is said before anything else, once", async () => {
  const env = {
    K8SVENT_NAMESPACES: "shop",
    // Of a Service that is called k8svent.
    K8SVENT_SERVICE_HOST: "10.0.0.1",
    K8SVENT_PORT: "tcp://10.0.0.1:443",
    K8SVENT_PORT_443_TCP_ADDR: "10.0.0.1",
  };
  const { code, stderr } = await runProgram({ args: ["--url", `https://a.example/${MARK}`], env });
  const said = stderr.split("\n").map((line) => JSON.parse(line) as { level: string; message: string });
  assert.equal(code, 1);
  assert.deepEqual(said.map(({ level }) => level), ["warn", "warn", "error"]);
  assert.match(
    said[0]?.message ?? "",
    /^The variable K8SVENT_NAMESPACES is set, .* mean K8SVENT_NAMESPACE\?/,
  );
  assert.match(said[1]?.message ?? "", /^No secret is given, so messages are sent unsigned/);
  assert.match(said[2]?.message ?? "", /^No cluster found/);
});

Deno.test("help and version are words, go to stdout, and end with 0", async () => {
  for (const [word, start] of [["help", "Usage: k8svent"], ["version", "k8svent "]] as const) {
    const { code, stdout, stderr } = await runProgram({ args: [word] });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.ok(stdout.startsWith(start), stdout);
  }
});

Deno.test("version prints data where it is asked for, and takes nothing that it would ignore", async () => {
  const { code, stdout } = await runProgram({ args: ["version", "-o", "json"] });
  assert.equal(code, 0);
  assert.deepEqual(Object.keys(JSON.parse(stdout)), ["version", "deno"]);
  for (const more of ["extra", "--bad"]) {
    assert.equal((await runProgram({ args: ["version", more] })).code, 2);
  }
});

Deno.test("in a pipe, what is wrong with a command is a sentence, and with the run a line of JSON", async () => {
  for (
    const [args, code, sentence] of [
      [["status", "--sever", "x"], 2, /^k8svent status has no flag --sever\. Did you mean --server\?/],
      [["staus"], 2, /^There is no such command\. Did you mean k8svent status\?/],
      [["tail", "--log-format", "json", "-o", "xml"], 2, /^--output must be text, wide, json or json-wide/],
      [["receive", "--host", "192.0.2.1"], 1, /^--host, --port: its host is not an address of this machine/],
    ] as const
  ) {
    const said = await runProgram({ args: [...args] });
    assert.deepEqual([said.code, said.stdout], [code, ""]);
    assert.match(said.stderr, sentence);
    assert.equal(said.stderr.trimEnd().split("\n").length, 1);
  }
  for (const args of [["--ulr", "x"], ["https://hooks.example.com/"]]) {
    const { code, stderr } = await runProgram({ args });
    assert.equal(code, 2);
    assert.equal(JSON.parse(stderr).level, "error");
  }
});

Deno.test("help, version and the commands beside the run load nothing of the run", async () => {
  const { loaded, later } = await staticImports("main.ts");
  assert.match(later.join("\n"), /src\/app\/run\.ts[^]*src\/store\/open\.ts/);
  assert.doesNotMatch(loaded.join("\n"), /src\/(source\/|delivery\/worker|store\/open)/);
});

Deno.test("who has the pods printed loads nothing of what delivers them", async () => {
  const { loaded } = await staticImports("src/app/run.ts");
  assert.match(loaded.join("\n"), /src\/source\/list/);
  assert.doesNotMatch(loaded.join("\n"), /src\/(delivery\/worker|store\/open|app\/pipeline)/);
});
