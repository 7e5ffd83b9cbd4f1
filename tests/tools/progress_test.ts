import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { FakeApiServer } from "../kit/apiserver/server.ts";
import { testNeeding } from "../kit/needing.ts";
import { makePod } from "../kit/pods.ts";
import { typeInto, withoutTerminal } from "../kit/terminal.ts";

/* How far it is, on a real terminal. */

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

testNeeding(
  withoutTerminal,
  "--once shows on a terminal how far it is, apart from the data, and takes it away",
  async () => {
    const server = await FakeApiServer.start();
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/kubeconfig`, server.kubeconfig);
      for (let pod = 0; pod < 5; pod++) server.store.create(makePod({ name: `web-${pod}` }));
      const shown = async (redirection: string, term = "xterm"): Promise<string> => {
        const script = `"$0" run -q -A "${MAIN}" --once --kubeconfig "${folder}/kubeconfig" ${redirection}`;
        return await typeInto(["sh", "-c", script, Deno.execPath()], [], { NO_COLOR: "1", TERM: term });
      };
      const erase = "\r\x1b[K";
      assert.ok((await shown(`>"${folder}/data"`)).endsWith(`${erase}5 pods printed${erase}`));
      const lines = (await Deno.readTextFile(`${folder}/data`)).trim().split("\n");
      assert.deepEqual(
        lines.map((line) => JSON.parse(line).pod.metadata.name),
        [0, 1, 2, 3, 4].map((pod) => `web-${pod}`),
      );
      // An editor or a build tool that shows it would show the escapes.
      assert.equal(await shown(`>"${folder}/data"`, "dumb"), "");
      // Where the data goes to the terminal, too, it would stand among it; and nobody sees a file.
      assert.doesNotMatch(await shown(""), /pods printed/);
      assert.equal(await shown(`>"${folder}/data" 2>"${folder}/log"`), "");
      assert.equal(await Deno.readTextFile(`${folder}/log`), "");
    } finally {
      await server.close();
      await Deno.remove(folder, { recursive: true });
    }
  },
);
