import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../deno.json" with { type: "json" };
import { statusError } from "../src/cluster/status.ts";
import { Signer } from "../src/delivery/sign.ts";
import { REASONS } from "../src/change/reasons.ts";
import { MARK } from "./kit/confidential.ts";

const README = await Deno.readTextFile(new URL("../README.md", import.meta.url));
const SECRET = "a secret of at least 24 characters";
const BODY = new TextEncoder().encode(
  JSON.stringify({ pod: { metadata: { namespace: "shop", name: "web-0" }, status: { phase: "Running" } } }),
);

function sign(seconds: number, secrets: string[]): Record<string, string> {
  return new Signer().sign({ id: "pod_1", body: BODY, content: "1" }, seconds, secrets);
}

/** The receiver of the README as a program, on a free port. */
async function startReceiver(): Promise<{ url: string; stop: () => Promise<string> }> {
  const code = /```js\n([\s\S]*?)```/.exec(README)?.[1] ?? "";
  const file = await Deno.makeTempFile({ suffix: ".mjs" });
  // It prints nothing when it listens, so the test's own line says on which port.
  await Deno.writeTextFile(
    file,
    code.replace(/\.listen\(.*\);/, ".listen(0, function () { console.log(this.address().port); });"),
  );
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-config", "-A", file],
    env: { SECRET },
    stdout: "piped",
    stderr: "inherit",
  });
  const child = command.spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let output = (await reader.read()).value ?? "";
  const port = output.trim();
  return {
    url: `http://127.0.0.1:${port}/`,
    stop: async () => {
      child.kill();
      for (let read = await reader.read(); !read.done; read = await reader.read()) output += read.value;
      await child.status;
      await Deno.remove(file);
      return output;
    },
  };
}

async function post(
  url: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Promise<number> {
  const response = await fetch(url, { method: "POST", body: new Blob([body]), headers });
  await response.body?.cancel();
  return response.status;
}

Deno.test("the README's receiver takes what is signed and refuses anything else", async () => {
  const receiver = await startReceiver();
  const now = Math.floor(Date.now() / 1000);
  const headers = {
    "webhook-id": "pod_1",
    "k8svent-event": "pod.changed",
    ...sign(now, ["old", SECRET]),
  };
  assert.equal(await post(receiver.url, BODY, headers), 204);
  assert.equal(await post(receiver.url, BODY, { ...headers, "webhook-id": "pod_2" }), 401);
  assert.equal(await post(receiver.url, new TextEncoder().encode("{}"), headers), 401);
  assert.equal(
    await post(receiver.url, BODY, { ...headers, ...sign(now - 301, [SECRET]) }),
    401,
  );
  assert.equal(await post(receiver.url, BODY, {}), 401);
  assert.match(await receiver.stop(), /pod\.changed shop web-0 Running/);
});

Deno.test("the README shows the sentence for missing rights as it is printed", () => {
  const message =
    'pods is forbidden: User "system:serviceaccount:k8svent:k8svent" cannot list resource "pods" in API group "" at the cluster scope';
  const sentence = statusError({ kind: "Status", code: 403, reason: "Forbidden", message }).message;
  assert.ok(README.replaceAll("\n", " ").includes(sentence), sentence);
});

Deno.test("the README names every reason", () => {
  for (const reason of REASONS) assert.match(README, new RegExp(`\`${reason}\``));
});

Deno.test("every file that the README links to is there", async () => {
  for (const [, path = ""] of README.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)) {
    await Deno.stat(new URL(`../${path}`, import.meta.url));
  }
});

Deno.test("every test that the README names under What it survives is there, by its exact title", async () => {
  const section = /## What it survives\n([\s\S]*?)\n## /.exec(README)?.[1] ?? "";
  const titles = section.split("\n").filter((line) => line.startsWith("| ")).slice(2)
    .map((line) => line.split("|").at(-2)?.trim() ?? "");
  assert.ok(titles.length >= 30, `${titles.length} faults`);
  assert.deepEqual(titles, [...new Set(titles)], "a test is named once");
  const tests = (await readTests(new URL("../src/", import.meta.url))) +
    await readTests(new URL("./", import.meta.url));
  assert.deepEqual(titles.filter((title) => !tests.includes(`"${title}"`)), []);
});

/** The text of every test file in a folder and below it. */
async function readTests(folder: URL): Promise<string> {
  let text = "";
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) text += await readTests(new URL(`${name}/`, folder));
    else if (name.endsWith("_test.ts")) text += await Deno.readTextFile(new URL(name, folder));
  }
  return text;
}

Deno.test("the way in which the README starts the program prints neither the secret nor the URL", async () => {
  const starts = [...README.matchAll(/deno@[\d.]+ (task [^`\n]*\bstart)\b/g)].map(([, words = ""]) => words);
  assert.ok(starts.length > 0);
  for (const words of starts) {
    const given = ["--secret", SECRET, "--url", `https://hooks.example.com/${MARK}`];
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      // It ends at once, since there is no such file.
      args: [...words.split(" "), ...given, "--kubeconfig", "no-such-file"],
      cwd: fileURLToPath(new URL("..", import.meta.url)),
    }).output();
    const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.match(printed, /no-such-file/, "it was run");
    for (const hidden of [SECRET, MARK]) assert.ok(!printed.includes(hidden), printed);
  }
});

Deno.test("no task asks whether there is a newer Deno", () => {
  const asking = Object.entries(config.tasks).filter(([, { command }]) =>
    /deno run/.test(command) && !command.startsWith("DENO_NO_UPDATE_CHECK=1 ")
  );
  assert.deepEqual(asking.map(([name]) => name), []);
});
