import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { contextOf } from "../../tests/kit/config_files.ts";
import { UsageError } from "../config/usage_error.ts";
import { parseSecrets } from "../runtime/secret.ts";
import { parseCommand } from "./command.ts";
import type { Answer } from "./context.ts";

async function generate(...argv: string[]): Promise<Answer> {
  const context = {
    ...contextOf({}),
    random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
  };
  return await parseCommand(["secret", ...argv], context) as Answer;
}

Deno.test("secret generate prints a secret that this program and a library of Standard Webhooks take", async () => {
  const { code, data, remarks } = await generate("generate");
  assert.deepEqual([code, remarks], [0, ""]);
  assert.match(data, /^whsec_[A-Za-z0-9+/]{43}=\n$/);
  assert.deepEqual(parseSecrets(data), { kind: "secrets", secrets: [data.trim()], weak: undefined });
  assert.doesNotThrow(() => new Webhook(data.trim()));
});

Deno.test("secret generate prints another secret each time", async () => {
  assert.notEqual((await generate("generate")).data, (await generate("generate")).data);
});

Deno.test("secret generate prints as many bytes as it is asked for, in hexadecimal where that is asked for", async () => {
  assert.match((await generate("generate", "--format", "hex", "--bytes=24")).data, /^[0-9a-f]{48}\n$/);
});

for (
  const [argv, message] of [
    [["generate", "--bytes", "8"], /--bytes must be a whole number from 24 to 64/],
    [["generate", "--format", "base64"], /--format must be whsec or hex/],
    [["generate", "--byte", "32"], /has no flag --byte\. Did you mean --bytes\?/],
    [["generate", "--bytes", "--format"], /--bytes needs a value, and the flag --format follows it/],
    [["generate", "something"], /k8svent secret generate takes flags only/],
    [["make"], /one command: "k8svent secret generate"/],
  ] as const
) {
  Deno.test(`secret ${argv.join(" ")} is refused`, async () => {
    await assert.rejects(generate(...argv), (error) => {
      assert(error instanceof UsageError);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("secret without more prints its help, in 80 columns", async () => {
  const { code, data } = await generate();
  assert.equal(code, 0);
  assert.match(data, /^Usage: k8svent secret generate/);
  assert.deepEqual(data.split("\n").filter((line) => line.length > 80), []);
});

Deno.test("a command that is misspelt is found, and a word that is near to none is not shown", async () => {
  for (
    const [word, command] of [["recieve", "receive"], ["sendtest", "send-test"], ["verfy", "verify"]] as const
  ) {
    await assert.rejects(
      parseCommand([word], contextOf({})),
      new RegExp(`Did you mean k8svent ${command}\\?`),
    );
  }
  await assert.rejects(parseCommand(["hooks.example.com/token"], contextOf({})), /^(?!.*token)/);
});
