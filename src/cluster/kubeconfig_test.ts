import assert from "node:assert/strict";
import { chooseContext, readKubeconfig } from "./kubeconfig.ts";
import { ClusterSetupError } from "./setup_error.ts";

async function withFiles(
  strings: Record<string, string>,
  test: (path: (name: string) => string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  for (const [name, text] of Object.entries(strings)) await Deno.writeTextFile(`${folder}/${name}`, text);
  try {
    await test((name) => `${folder}/${name}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function complaint(work: () => Promise<unknown>): Promise<ClusterSetupError> {
  const error = await work().then(() => undefined, (error) => error);
  assert.ok(error instanceof ClusterSetupError, String(error));
  return error;
}

const TWO = `
apiVersion: v1
kind: Config
current-context: dev
contexts:
- {name: dev, context: {cluster: near, user: me}}
- {name: prod, context: {cluster: far, user: me}}
clusters:
- {name: near, cluster: {server: "https://near:6443", certificate-authority: pki/ca.crt}}
- {name: far, cluster: {server: "https://far:6443"}}
users:
- {name: me, user: {token: a-token}}
`;

Deno.test("the current context names cluster and user", async () => {
  await withFiles({ config: TWO }, async (path) => {
    const { context, cluster, user } = chooseContext(await readKubeconfig([path("config")]));
    assert.equal(context, "dev");
    assert.equal(cluster.text("server"), "https://near:6443");
    assert.equal(user?.text("token"), "a-token");
  });
});

Deno.test("another context is taken by its name", async () => {
  await withFiles({ config: TWO }, async (path) => {
    const { cluster } = chooseContext(await readKubeconfig([path("config")]), "prod");
    assert.equal(cluster.text("server"), "https://far:6443");
  });
});

Deno.test("of very many contexts some are named", async () => {
  const entries = Array.from({ length: 3_000 }, (_, at) => `- {name: c${at}, context: {cluster: near}}`);
  await withFiles({ config: `contexts:\n${entries.join("\n")}` }, async (path) => {
    const config = await readKubeconfig([path("config")]);
    for (const context of [undefined, "staging"]) {
      const { message } = await complaint(async () => await chooseContext(config, context));
      assert.match(message, /--context: c0, c1, .*, c19 and 2980 more \(kubectl config get-contexts\)\.$/);
    }
  });
});

Deno.test("a name that one file has twice is refused, whatever it names", async () => {
  for (const list of ["contexts", "clusters", "users"]) {
    await withFiles({ config: `${list}:\n- {name: twice}\n- {name: twice}` }, async (path) => {
      const { message } = await complaint(() => readKubeconfig([path("config")]));
      assert.match(message, new RegExp(`in .*config: ${list} has two entries called "twice"`));
    });
  }
});

Deno.test("an unknown context is an error that names those that exist", async () => {
  await withFiles({ config: TWO }, async (path) => {
    const config = await readKubeconfig([path("config")]);
    const error = await complaint(async () => await chooseContext(config, "staging"));
    assert.match(error.message, /no context "staging" in .*config.*--context: dev, prod\./);
  });
});

Deno.test("no current context is an error that names those that exist", async () => {
  await withFiles({ config: TWO.replace("current-context: dev", "") }, async (path) => {
    const config = await readKubeconfig([path("config")]);
    const error = await complaint(async () => await chooseContext(config));
    assert.match(error.message, /no current context.*dev, prod/);
  });
});

Deno.test("a context whose cluster or user is not there is an error", async () => {
  await withFiles(
    { a: TWO.replace("name: near", "name: x"), b: TWO.replace("name: me", "name: x") },
    async (path) => {
      const noCluster = await complaint(async () => chooseContext(await readKubeconfig([path("a")])));
      assert.match(noCluster.message, /context "dev" in .*cluster "near", which is not there/);
      const noUser = await complaint(async () => chooseContext(await readKubeconfig([path("b")])));
      assert.match(noUser.message, /context "dev" in .*user "me", which is not there/);
    },
  );
});

Deno.test("of several files the first to say something wins, and paths are relative to their own file", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/one`);
  await Deno.mkdir(`${folder}/two`);
  const first = `current-context: prod\nusers: [{name: me, user: {token: first-token}}]\n`;
  await Deno.writeTextFile(`${folder}/one/config`, first);
  await Deno.writeTextFile(`${folder}/two/config`, TWO);
  const config = await readKubeconfig([`${folder}/one/config`, `${folder}/two/config`]);
  assert.equal(chooseContext(config).context, "prod");
  assert.equal(chooseContext(config).user?.text("token"), "first-token");
  assert.equal(
    chooseContext(config, "dev").cluster.path("certificate-authority"),
    `${folder}/two/pki/ca.crt`,
  );
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a file that is not there is said to be so", async () => {
  const error = await complaint(() => readKubeconfig(["/does/not/exist"]));
  assert.equal(error.message, "Cannot read the kubeconfig /does/not/exist: it does not exist.");
  const listed = await complaint(() => readKubeconfig(["/does/not:/exist"]));
  assert.match(listed.message, /: it does not exist \(several files go into KUBECONFIG\)\.$/);
  const home = await complaint(() => readKubeconfig(["~/no/such/config"]));
  assert.match(home.message, /: it does not exist: only a shell replaces ~ with the home folder/);
});

Deno.test("broken YAML names file and line, and quotes nothing of it", async () => {
  await withFiles({ config: `users:\n- {name: me, user: {token: a-secret-token\nx: ]` }, async (path) => {
    const error = await complaint(() => readKubeconfig([path("config")]));
    assert.match(error.message, /config: it is not valid YAML at line [23]\.$/);
    assert.equal(error.cause, undefined);
  });
});

Deno.test("what is YAML but no kubeconfig is refused", async () => {
  const strings = {
    text: "just text",
    list: "- a",
    entry: "users: [5]",
    part: "users: [{name: me, user: 5}]",
  };
  await withFiles(strings, async (path) => {
    for (const name of Object.keys(strings)) await complaint(() => readKubeconfig([path(name)]));
  });
});

Deno.test("an empty file is a kubeconfig without contexts", async () => {
  await withFiles({ config: "\n" }, async (path) => {
    const config = await readKubeconfig([path("config")]);
    const error = await complaint(async () => await chooseContext(config, "dev"));
    assert.match(error.message, /holds none at all: name another kubeconfig/);
  });
});

Deno.test({
  name: "a pipe is a kubeconfig, once its writer is there",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withFiles({}, async (path) => {
      await new Deno.Command("mkfifo", { args: [path("config")] }).output();
      const writer = new Deno.Command("sh", {
        args: ["-c", 'echo "current-context: late" > "$0"', path("config")],
      })
        .spawn();
      assert.equal((await readKubeconfig([path("config")])).currentContext, "late");
      await writer.status;
    }),
});
