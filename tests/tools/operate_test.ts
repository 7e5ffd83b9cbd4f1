import assert from "node:assert/strict";
import { TOKEN, withAdminPort } from "../kit/admin_port.ts";
import { runProgram } from "../kit/program.ts";

Deno.test("the commands reach a program by variables alone, and exit codes and streams are a script's", async () => {
  await withAdminPort(async ({ port, admin }) => {
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, `${TOKEN}\n`);
    const env = { K8SVENT_SERVER: `127.0.0.1:${port}`, K8SVENT_ADMIN_TOKEN_FILE: file };
    const status = await runProgram({ args: ["status", "-o", "json"], env });
    assert.equal(status.code, 1, "an endpoint fails");
    assert.equal(JSON.parse(status.stdout).endpoints.length, admin.endpoints().length);
    assert.equal(status.stderr, "");
    const paused = await runProgram({ args: ["pause", "hook"], env });
    assert.deepEqual([paused.code, admin.calls], [0, ["pause hook"]]);
    const explained = await runProgram({ args: ["explain", "pod", "shop/web-1"], env });
    assert.deepEqual([explained.code, explained.stderr], [0, ""]);
    assert.match(explained.stdout, /^hook: would be sent$/m);
    const unknown = await runProgram({ args: ["pause", "none"], env });
    assert.deepEqual([unknown.code, unknown.stdout], [1, ""]);
    assert.match(unknown.stderr, /^There is no endpoint with this name: k8svent status lists them\.$/);
    const wrong = await runProgram({ args: ["redeliver", "hook"], env });
    assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
    await Deno.remove(file);
  });
});

for (const command of ["status", "explain pod shop/web-0"]) {
  Deno.test(`${command} says that DENO_CERT names nothing, rather than that nothing can be reached`, async () => {
    const env = { DENO_CERT: "/none.pem" };
    const { code, stdout, stderr } = await runProgram({ args: command.split(" "), env });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(stderr, "DENO_CERT names /none.pem, which does not exist. Correct or unset it.");
  });
}
