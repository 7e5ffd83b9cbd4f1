import assert from "node:assert/strict";
import { parse } from "yaml";
import { issueCertificate } from "../kit/certificates.ts";
import { runProgram, startProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";

Deno.test("send-test and receive understand each other", async () => {
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, (await runProgram({ args: ["secret", "generate"] })).stdout);
  await using receiver = await startProgram({ args: ["receive", "--port", "0", "--secret-file", file] });
  const port = /:(\d+)\//.exec(await receiver.until(/^Receives at/))?.[1];
  const { code, stdout } = await runProgram({
    args: ["send-test", "--url", `http://127.0.0.1:${port}/hooks`, "--secret-file", file],
  });
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^answer {3}200 after/m);
  assert.equal(await receiver.stop(), 0);
  assert.match(receiver.stdout, /^\S+ {2}200 {2}k8svent\.test {2}55 B {2}verified\n$/);
  await Deno.remove(file);
});

Deno.test("send-test ends with 1 where the message was not accepted, and tells the same as JSON or YAML", async () => {
  await using receiver = await Receiver.start();
  receiver.reply = () => ({ status: 401 });
  const { code, stdout } = await runProgram({ args: ["send-test", "--url", receiver.url, "-o", "json"] });
  assert.equal(code, 1);
  const { isAccepted, answer, sent } = JSON.parse(stdout);
  assert.deepEqual([isAccepted, answer.status, sent.signatures], [false, 401, []]);
  const yaml = await runProgram({ args: ["send-test", "--url", receiver.url, "-o", "yaml"] });
  assert.equal(yaml.code, 1);
  assert.deepEqual(Object.keys(parse(yaml.stdout)), Object.keys(JSON.parse(stdout)));
});

Deno.test({
  name:
    "the certificates of the system are trusted where DENO_TLS_CA_STORE names them, beside those of Mozilla",
  // Elsewhere, the variable SSL_CERT_FILE does not name them.
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const authority = issueCertificate("An authority of the house");
    const tls = issueCertificate("hooks", { issuer: authority, hosts: ["localhost"] });
    await using receiver = await Receiver.start({ tls });
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, authority.cert);
    for (const [store, code] of [["mozilla,system", 0], ["mozilla", 1]] as const) {
      const env = { SSL_CERT_FILE: file, DENO_TLS_CA_STORE: store };
      assert.equal((await runProgram({ args: ["send-test", "--url", receiver.url], env })).code, code, store);
    }
    await Deno.remove(file);
  },
});
