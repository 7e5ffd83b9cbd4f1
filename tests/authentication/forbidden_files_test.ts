import assert from "node:assert/strict";
import { credentialFiles } from "../../src/app/world.ts";
import { Folder } from "../kit/sending.ts";
import { TestClock } from "../kit/clock.ts";

/*
 * Whoever may edit the ConfigMap must not have the API server's token sent to a URL of theirs: not by naming it, which the
 * configuration refuses, and not by a link that is moved to it afterwards.
 */

const realPath = (path: string): string => Deno.realPathSync(path);

const TOKEN = "eyJ-the-api-servers-token";

for (
  const [whose, forbidden, told] of [
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
    assert.match(found.problem, told);
  });
}
