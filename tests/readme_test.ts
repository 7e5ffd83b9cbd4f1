import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Signer } from "../src/delivery/sign.ts";
import config from "../deno.json" with { type: "json" };

const README = await Deno.readTextFile(new URL("../README.md", import.meta.url));
const INSTALL = await Deno.readTextFile(new URL("../docs/install.md", import.meta.url));
const SECRET = "a secret of at least 24 characters";
const MARK = "a-path-that-nobody-prints";
const BODY = new TextEncoder().encode('{"pod":{"metadata":{"name":"web-0"}}}');

/** What the README's lines say of a request, with a secret in the environment; or how the program ends. */
async function verify(headers: Record<string, string>, body: string, secret: string): Promise<string> {
  const code = /```js\n([\s\S]*?)```/.exec(README)?.[1] ?? assert.fail("the README has no such lines");
  const file = await Deno.makeTempFile({ suffix: ".mjs" });
  const call = `console.log(verify(${JSON.stringify(headers)}, Buffer.from(${JSON.stringify(body)})));`;
  await Deno.writeTextFile(
    file,
    `import { Buffer } from "node:buffer";\nimport process from "node:process";\n${code}\n${call}`,
  );
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-config", "-A", file],
    env: { SECRET: secret, NO_COLOR: "1" },
  }).output();
  await Deno.remove(file);
  const text = new TextDecoder();
  return text.decode(stdout).trim() || text.decode(stderr);
}

Deno.test("the README's lines take what is signed and refuse anything else", async () => {
  const now = Math.floor(Date.now() / 1000);
  const signed = (seconds: number, secrets: string[]): Record<string, string> => ({
    "webhook-id": "pod_1",
    ...new Signer().sign({ id: "pod_1", body: BODY, content: "1" }, seconds, secrets),
  });
  const body = new TextDecoder().decode(BODY);
  assert.equal(await verify(signed(now, ["an old secret, to be taken out", SECRET]), body, SECRET), "true");
  assert.equal(
    await verify(signed(now, [SECRET]), body, ` ${SECRET}\n`),
    "true",
    "from a file with a line end",
  );
  assert.equal(await verify({ ...signed(now, [SECRET]), "webhook-id": "pod_2" }, body, SECRET), "false");
  assert.equal(await verify(signed(now, [SECRET]), "{}", SECRET), "false");
  assert.equal(await verify(signed(now - 301, [SECRET]), body, SECRET), "false");
  assert.equal(await verify({}, body, SECRET), "false");
  assert.match(await verify(signed(now, [SECRET]), body, " "), /SECRET is empty/);
});

Deno.test("the README is read in two minutes: 150 lines at the most", () => {
  assert.ok(README.trimEnd().split("\n").length <= 150);
});

Deno.test("the way in which docs/install.md starts the program prints neither the secret nor the URL", async () => {
  const starts = [...INSTALL.matchAll(/deno@[\d.]+ (task [^`\n]*\bstart)\b/g)].map(([, words = ""]) => words);
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
    /deno run/.test(command) && !/^(export )?DENO_NO_UPDATE_CHECK=1 /.test(command)
  );
  assert.deepEqual(asking.map(([name]) => name), []);
});
