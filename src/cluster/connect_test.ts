import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { connectCluster, type ConnectOptions } from "./connect.ts";
import { ClusterSetupError } from "./setup_error.ts";

/** A folder with a home, a service account and kubeconfigs named `a` and `b`, each with a server of its name. */
async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/home/.kube`, { recursive: true });
  await Deno.mkdir(`${folder}/sa`);
  await Deno.writeTextFile(`${folder}/sa/token`, "a-token");
  await Deno.writeTextFile(`${folder}/a`, kubeconfig("a"));
  await Deno.writeTextFile(`${folder}/b`, kubeconfig("b"));
  await Deno.writeTextFile(`${folder}/home/.kube/config`, kubeconfig("home"));
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function kubeconfig(name: string): string {
  return JSON.stringify({
    "current-context": name,
    contexts: [{ name, context: { cluster: name } }],
    clusters: [{ name, cluster: { server: `https://${name}.example` } }],
  });
}

async function origin(options: ConnectOptions, env: Record<string, string>): Promise<string> {
  const api = await connectCluster(options, {
    env: (name) => env[name],
    clock: new TestClock(),
    log: new MemoryLog(),
    version: "1.2.3",
  });
  api.close();
  return api.origin;
}

async function complaint(options: ConnectOptions, env: Record<string, string>): Promise<string> {
  const error = await origin(options, env).then(() => undefined, (error) => error);
  assert.ok(error instanceof ClusterSetupError, String(error));
  return error.message;
}

function pod(folder: string): Record<string, string> {
  return {
    KUBERNETES_SERVICE_HOST: "fd00::1",
    KUBERNETES_SERVICE_PORT: "6443",
    K8SVENT_SERVICE_ACCOUNT: `${folder}/sa`,
  };
}

Deno.test("--kubeconfig comes before everything else", async () => {
  await withFolder(async (folder) => {
    const env = { ...pod(folder), KUBECONFIG: `${folder}/b`, HOME: `${folder}/home` };
    assert.equal(await origin({ kubeconfig: `${folder}/a` }, env), "https://a.example");
  });
});

Deno.test("KUBECONFIG comes before the pod's own cluster, and its files are merged", async () => {
  await withFolder(async (folder) => {
    const env = { ...pod(folder), KUBECONFIG: `${folder}/missing::${folder}/b:${folder}/a` };
    assert.equal(await origin({}, env), "https://b.example");
    assert.equal(await origin({ context: "a" }, env), "https://a.example");
  });
});

Deno.test("the pod's own cluster comes before the kubeconfig at home", async () => {
  await withFolder(async (folder) => {
    const env = { ...pod(folder), HOME: `${folder}/home` };
    assert.equal(await origin({}, env), "https://[fd00::1]:6443");
  });
});

Deno.test("--context in a pod asks for the kubeconfig at home", async () => {
  await withFolder(async (folder) => {
    const env = { ...pod(folder), HOME: `${folder}/home` };
    assert.equal(await origin({ context: "home" }, env), "https://home.example");
    assert.match(
      await complaint({ context: "dev" }, pod(folder)),
      /could hold the context "dev".*--kubeconfig/,
    );
  });
});

Deno.test("outside a cluster the kubeconfig at home is used", async () => {
  await withFolder(async (folder) => {
    assert.equal(await origin({}, { HOME: `${folder}/home` }), "https://home.example");
  });
});

Deno.test("no cluster at all: the sentence says what was tried and what to do", async () => {
  await withFolder(async (folder) => {
    assert.equal(
      await complaint({}, { HOME: folder }),
      "No cluster found. Tried: KUBECONFIG (not set), the service account of a pod (KUBERNETES_SERVICE_HOST " +
        `is not set), ${folder}/.kube/config (does not exist). Name a kubeconfig with --kubeconfig FILE or ` +
        "KUBECONFIG, or run k8svent in a cluster.",
    );
  });
});

Deno.test("a pod without a token is asked whether it may have one", async () => {
  await withFolder(async (folder) => {
    await Deno.remove(`${folder}/sa/token`);
    assert.match(
      await complaint({}, pod(folder)),
      /sa\/token does not exist: is automountServiceAccountToken false/,
    );
  });
});

Deno.test("files that were asked for have to be there", async () => {
  await withFolder(async (folder) => {
    assert.match(await complaint({ kubeconfig: `${folder}/c` }, {}), /c: it does not exist/);
    assert.match(
      await complaint({}, { KUBECONFIG: `${folder}/c:${folder}/d` }),
      /KUBECONFIG names .*c and .*d/,
    );
  });
});

Deno.test("a pod never loads client-node", async () => {
  const modules = async (module: string): Promise<string> => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-lock", new URL(module, import.meta.url).href],
      stderr: "null",
    }).output();
    const graph = JSON.parse(new TextDecoder().decode(stdout)) as {
      modules: {
        specifier: string;
        dependencies?: { code?: { specifier?: string }; isDynamic?: boolean }[];
      }[];
    };
    const reached = new Set<string>();
    const reach = (specifier: string): void => {
      if (reached.has(specifier)) return;
      reached.add(specifier);
      const found = graph.modules.find((module) => module.specifier === specifier);
      for (const { code, isDynamic } of found?.dependencies ?? []) {
        if (code?.specifier !== undefined && isDynamic !== true) reach(code.specifier);
      }
    };
    reach(new URL(module, import.meta.url).href);
    return [...reached].join("\n");
  };
  assert.match(await modules("./client_node.ts"), /npm:@kubernetes\/client-node/);
  assert.match(await modules("./connect.ts"), /in_cluster\.ts/);
  assert.doesNotMatch(await modules("./connect.ts"), /client[-_]node|kubeconfig/);
});
