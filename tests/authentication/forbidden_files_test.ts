import assert from "node:assert/strict";
import { credentialFiles } from "../../src/app/world.ts";
import { FakeApiServer } from "../kit/apiserver/server.ts";
import { Folder } from "../kit/sending.ts";
import { TestClock } from "../kit/clock.ts";
import { MountedConfig } from "../kit/config_map.ts";
import { runProgram, startProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";

/*
 * Whoever may edit the ConfigMap must not have the API server's token sent to a URL of theirs: not by naming it, which the
 * configuration refuses, and not by a link that is moved to it afterwards.
 */

const realPath = (path: string): string => Deno.realPathSync(path);

const TOKEN = "eyJ-the-api-servers-token";

for (
  const [whose, forbidden, said] of [
    ["the service account's token", "account/token", /it leads to a file of the service account/],
    ["the state", "state/k8svent.db", /it leads to a file in the folder of the state/],
    ["a file beside the state", "state/other", /it leads to a file in the folder of the state/],
  ] as const
) {
  Deno.test(`a link that is moved to ${whose} is refused at the next reading`, async () => {
    await using folder = await Folder.make();
    for (const name of ["account", "state", "1"]) await Deno.mkdir(`${folder.path}/${name}`);
    await folder.write(forbidden, TOKEN);
    await folder.write("1/password", "right");
    const link = `${folder.path}/password`;
    await Deno.symlink("1/password", link);
    const clock = new TestClock();
    const account = `${folder.path}/account`;
    const env = (name: string): string | undefined =>
      name === "K8SVENT_SERVICE_ACCOUNT" ? account : undefined;
    const files = credentialFiles({ state: `${folder.path}/state/k8svent.db` }, {
      clock,
      env,
      realPath,
    });
    assert.deepEqual(files.text(link, "urlFile"), { text: "right" });
    await Deno.remove(link);
    await Deno.symlink(forbidden, link);
    await clock.advance(1_000);
    const found = files.text(link, "urlFile");
    assert.ok("problem" in found);
    assert.match(found.problem, said);
  });
}

Deno.test({
  name:
    "a ConfigMap that comes to name the service account's token changes nothing, and no start comes of it",
  ignore: Deno.build.os === "windows",
  async fn(): Promise<void> {
    await using folder = await Folder.make();
    const server = await FakeApiServer.start();
    await using receiver = await Receiver.start();
    server.create({ metadata: { name: "web-0" } });
    for (const name of ["account", "config"]) await Deno.mkdir(`${folder.path}/${name}`);
    await folder.write("account/token", TOKEN);
    await folder.write("kubeconfig", server.kubeconfig);
    const naming = (rest: string): string =>
      `version: 1\nendpoints: [{ name: a, url: "${receiver.url}"${rest} }]\n`;
    const file = await MountedConfig.mount(`${folder.path}/config`, naming(""));
    const start = {
      args: ["--kubeconfig", `${folder.path}/kubeconfig`, "--config", file.path],
      env: { K8SVENT_SERVICE_ACCOUNT: `${folder.path}/account` },
    };
    await using program = await startProgram(start);
    await receiver.until(() => receiver.deliveries.length === 1, "the pod");
    await file.write(naming(`, authorization: { credentialsFile: ${folder.path}/account/token }`));
    program.signal("SIGHUP");
    const said = /authorization\.credentialsFile names a file of the service account/;
    assert.match(await program.until(said), /the rules from before stay/);
    server.update(
      { namespace: "default", name: "web-0" },
      ({ metadata }) => metadata.labels = { new: "yes" },
    );
    await receiver.until(() => receiver.deliveries.length === 2, "a change");
    assert.deepEqual(receiver.deliveries.map(({ headers }) => headers["authorization"]), [
      undefined,
      undefined,
    ]);
    assert.equal(await program.stop(), 0);
    for (const args of [start.args, ["config", "check", file.path]]) {
      const { code, stderr } = await runProgram({ ...start, args });
      assert.equal(code, 2);
      assert.match(stderr, said);
    }
    await server.close();
  },
});
