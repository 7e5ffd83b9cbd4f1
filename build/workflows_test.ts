import assert from "node:assert/strict";

const FOLDER = new URL("../.github/workflows/", import.meta.url);

Deno.test("workflows name every action by its commit, and say of which version that is", async () => {
  let count = 0;
  for await (const { name } of Deno.readDir(FOLDER)) {
    for (const line of (await Deno.readTextFile(new URL(name, FOLDER))).split("\n")) {
      if (!/^\s*(- )?uses:/.test(line)) continue;
      count++;
      // A tag can be moved by whoever gets into the action's repository; a commit cannot.
      assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, name);
    }
  }
  assert(count > 10, `${count} actions`);
});

Deno.test("one action is one commit in all workflows", async () => {
  const commits = new Map<string, string>();
  for await (const { name } of Deno.readDir(FOLDER)) {
    const text = await Deno.readTextFile(new URL(name, FOLDER));
    for (const [, action = "", pin = ""] of text.matchAll(/uses: ([^@\s]+)@(.+)$/gm)) {
      assert.equal(commits.get(action) ?? pin, pin, action);
      commits.set(action, pin);
    }
  }
});

Deno.test("what the browser of the tests saw is kept with the run, also where it fails", async () => {
  const text = await Deno.readTextFile(new URL("ci.yaml", FOLDER));
  assert.match(
    text,
    / {6}- if: always\(\)\n {8}uses: actions\/upload-artifact@.*\n(?: {8,}.*\n)* {10}path: dist\/pictures\n/,
  );
  const run = await Deno.readTextFile(new URL("../../.ci/run", FOLDER));
  assert.match(run, /^export K8SVENT_TEST_PICTURES=.*\$PWD\/dist\/pictures/m);
});

Deno.test("the release moves the image's tags at its end, by what is the newest version then", async () => {
  const text = await Deno.readTextFile(new URL("release.yaml", FOLDER));
  assert.doesNotMatch(text, /IMAGE\S*:(latest|next)/);
  assert.match(text, /tags: \$\{\{ vars\.IMAGE \}\}:\$\{\{ steps\.parts\.outputs\.version \}\}$/m);
  const [, image = ""] = /^ {2}image:\n([^]*?\n)\n {2}(?:# .*\n {2})?\w+:\n/m.exec(text) ?? [];
  const [, last = ""] = /\n {6}- env:\n((?: {8,}.*\n)+)$/.exec(image) ?? [];
  assert.match(last, /moving=\$\(.* build\/moving_tags\.ts --version "\$VERSION" <<<"\$tags"\)\n/);
  assert.match(last, /for tag in \$moving; do .*--tag "\$IMAGE:\$tag" "\$IMAGE@\$DIGEST"; done\n$/);
});

Deno.test("the chart of a release names the image of that release", async () => {
  const text = await Deno.readTextFile(new URL("release.yaml", FOLDER));
  const values = await Deno.readTextFile(new URL("../charts/k8svent/values.yaml", import.meta.url));
  const [, line = "", named = ""] =
    /sed -i "s\|\^(.*)\$\|(.*)\|" charts\/k8svent\/values\.yaml\n/.exec(text) ?? [];
  assert.equal(values.split("\n").filter((one) => one === line).length, 1, line);
  assert.equal(named, line.replace(/k8svent$/, "$IMAGE"));
  assert.match(text, /\n {2}chart:\n {4}needs: image\n/, "what it names is there");
});

Deno.test("whoever installs Helm installs the same one", async () => {
  const files = ["../.ci/run", "../tests/install.sh", "../.github/workflows/release.yaml"];
  const named = await Promise.all(files.map(async (path) => {
    const text = await Deno.readTextFile(new URL(path, import.meta.url));
    return /helm\.sh\/helm\/\S+/.exec(text)?.[0] ?? path;
  }));
  assert.equal(new Set(named).size, 1, named.join());
});
