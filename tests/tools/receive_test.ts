import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { run } from "../kit/command.ts";
import { runProgram, startProgram } from "../kit/program.ts";
import { signed } from "../kit/wrong_signatures.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BODY = '{"pod":{"metadata":{"namespace":"shop","name":"web-0"}}}';

const signedBy = (secret: string): Record<string, string> =>
  signed([secret], BODY, Math.floor(Date.now() / 1000));

Deno.test("a secret that is generated verifies with receive, which runs the command and ends by a signal", async () => {
  const { stdout: secret } = await runProgram({ args: ["secret", "generate"] });
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, secret);
  await using program = await startProgram({
    args: [
      "receive",
      "--port",
      "0",
      "--secret-file",
      file,
      "--exec",
      "sh",
      "-c",
      'cat; echo " $K8SVENT_HEADER_WEBHOOK_ID"',
    ],
  });
  const port = /:(\d+)\//.exec(await program.until(/^Receives at/))?.[1];
  for (
    const [headers, status] of [[signedBy(secret.trim()), 200], [
      signedBy("another secret of some length"),
      401,
    ]] as const
  ) {
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body: BODY });
    await response.body?.cancel();
    assert.equal(response.status, status);
  }
  assert.equal(await program.stop(), 0);
  const [first = "", second = "", third = ""] = program.stdout.split("\n");
  assert.equal(first, `${BODY} pod_a`);
  assert.match(second, /200 .* verified {2}command ended with 0$/);
  assert.match(third, /401 /);
  await Deno.remove(file);
});

Deno.test("receive says that its port is taken, and ends with 1", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, stderr } = await runProgram({ args: ["receive", "--port", String(listener.addr.port)] });
  listener.close();
  assert.equal(code, 1);
  assert.match(
    stderr,
    /--host, --port: something else listens on port \d+\. Choose another address with --host HOST --port PORT\./,
  );
});

Deno.test("the permissions of the image let receive run no command, and read no file elsewhere", async () => {
  const script = `import { cannotRun, runChild } from "./src/runtime/child.ts";
    const child = { argv: ["true"], stdin: new Uint8Array(0), env: {}, printsHere: false, timeout: 1000 };
    const clock = { now: () => 0, monotonic: () => 0, after: () => () => {} };
    console.log(JSON.stringify([cannotRun("true"), await runChild(child, clock, new AbortController().signal)]));`;
  const args = ["run", "-q", "-P=cluster", "--config", `${ROOT}deno.json`, "-"];
  const why = "may not be run: this build, for a cluster, runs no programs";
  assert.deepEqual(JSON.parse(await run(Deno.execPath(), args, { stdin: script })), [why, {
    kind: "not started",
    why,
  }]);
  const file = await Deno.makeTempFile();
  await assert.rejects(
    run(Deno.execPath(), ["run", "-q", "-P=cluster", `${ROOT}main.ts`, "receive", "--secret-file", file]),
    /ended with 2: .*this build may use only files below/,
  );
  await Deno.remove(file);
});
