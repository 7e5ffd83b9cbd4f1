import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Finding } from "../../src/app/finding.ts";
import { issueCertificate } from "../kit/certificates.ts";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { grantPods, lacksPods, startInPod } from "../kit/in_pod.ts";
import { realCluster, realUser, writeKubeconfig } from "../kit/kubeconfig.ts";
import { freePort } from "../kit/port.ts";
import { runProgram, startProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));

const SECRET = "a plain secret of some length";

/** What doctor found, and how it ended. */
interface Diagnosis {
  code: number;
  checks: Finding[];
  ok: boolean;
}

async function doctor(args: string[], env: Record<string, string> = {}): Promise<Diagnosis> {
  const { code, stdout, stderr } = await runProgram({ args: ["doctor", "-o", "json", ...args], env });
  assert.equal(stderr, "");
  return { code, ...JSON.parse(stdout) };
}

function faultsOf({ checks }: Diagnosis): [check: string, message: string][] {
  return checks.filter(({ outcome }) => outcome === "failed").map(({ check, message }) => [check, message]);
}

async function namesIn(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).toSorted();
}

/** A kubeconfig of a service account that has these rights to pods. */
async function accountWith(plane: ControlPlane, name: string, verbs: string): Promise<string> {
  await plane.kubectl(["create", "serviceaccount", name]);
  if (verbs !== "") {
    await plane.kubectl(["create", "clusterrole", name, `--verb=${verbs}`, "--resource=pods"]);
    const subject = `--serviceaccount=default:${name}`;
    await plane.kubectl(["create", "clusterrolebinding", name, `--clusterrole=${name}`, subject]);
  }
  const token = (await plane.kubectl(["create", "token", name])).trim();
  return await writeKubeconfig(plane, await realCluster(plane), { token });
}

/** Of a service account that was deleted since: an API server says the same of a token that is over. */
async function accountThatEnded(plane: ControlPlane): Promise<string> {
  const kubeconfig = await accountWith(plane, "ended", "list,watch,get");
  await plane.kubectl(["delete", "serviceaccount", "ended"]);
  return kubeconfig;
}

/** A world in which all is well, of which each set-up breaks one thing. */
interface GoodWorld {
  plane: ControlPlane;
  receiver: Receiver;
  kubeconfig: string;
  url: string;
  state: string;
}

/** Arguments and variables that differ from those of the good world, and the one finding that is wrong. */
interface Broken {
  with: (
    world: GoodWorld,
  ) => Promise<Partial<Record<"kubeconfig" | "url" | "state", string>> & { more?: string[] }>;
  check: RegExp;
  message: RegExp;
}

const authority = issueCertificate("an authority");
const untrusted = issueCertificate("localhost", { issuer: authority, hosts: ["localhost"] });

const answering = (status: number): Broken["with"] => ({ receiver }) =>
  Promise.resolve({ url: `${receiver.url}/${status}` });

const SET_UPS: Record<string, Broken> = {
  "there is no kubeconfig": {
    with: () => Promise.resolve({ kubeconfig: "" }),
    check: /^cluster$/,
    message: /^No cluster found\. Tried: .* Name a kubeconfig with --kubeconfig FILE or KUBECONFIG/,
  },
  "the context is another": {
    with: () => Promise.resolve({ more: ["--context", "prod"] }),
    check: /^cluster$/,
    message: /^There is no context "prod" in .*\. Give another with --context: /,
  },
  "the token is over": {
    with: async ({ plane }) => ({ kubeconfig: await accountThatEnded(plane) }),
    check: /^API server$/,
    message: /does not accept the credentials \(401\)\. On a workstation, sign in to the cluster again/,
  },
  "it may not list": {
    with: async ({ plane }) => ({ kubeconfig: await accountWith(plane, "no-list", "watch,get") }),
    check: /^may list pods$/,
    message:
      /all namespaces\. kube\/rbac\.yaml grants it to system:\S+:k8svent alone; name system:\S+:no-list in its subjects: kubectl apply -f/,
  },
  "it may not watch": {
    with: async ({ plane }) => ({ kubeconfig: await accountWith(plane, "no-watch", "list,get") }),
    check: /^may watch pods$/,
    message: /may not watch the pods of all namespaces\. kube\/rbac\.yaml grants it/,
  },
  "it may not get, with a selector": {
    with: async ({ plane }) => ({
      kubeconfig: await accountWith(plane, "no-get", "list,watch"),
      more: ["--selector", "app=web"],
    }),
    check: /^may get pods$/,
    message:
      /may not get the pods of all namespaces: it cannot tell one that left the selection from one that/,
  },
  "the webhook's name is none": {
    with: () => Promise.resolve({ url: "http://hooks.invalid/" }),
    check: /^webhook hook$/,
    message:
      /^The name of hooks\.invalid:80 does not resolve\. Check its spelling and the DNS of this machine\.$/,
  },
  "the API server's name is none": {
    with: async ({ plane }) => ({
      kubeconfig: await writeKubeconfig(
        plane,
        { ...await realCluster(plane), server: "https://api.invalid:6443" },
        await realUser(plane),
      ),
    }),
    check: /^API server$/,
    message: /^The name of the API server at api\.invalid:6443 cannot be resolved/,
  },
  "the webhook refuses connections": {
    with: () => Promise.resolve({ url: `http://127.0.0.1:${freePort()}/` }),
    check: /^webhook hook$/,
    message: /refused the connection\. Check that it runs, and its port\.$/,
  },
  "the API server refuses connections": {
    with: async ({ plane }) => ({
      kubeconfig: await writeKubeconfig(
        plane,
        { ...await realCluster(plane), server: `https://127.0.0.1:${freePort()}` },
        await realUser(plane),
      ),
    }),
    check: /^API server$/,
    message: /^The connection to the API server at 127\.0\.0\.1:\d+ was refused/,
  },
  "the API server's authority is another": {
    with: async ({ plane }) => ({
      kubeconfig: await writeKubeconfig(
        plane,
        { ...await realCluster(plane), "certificate-authority-data": btoa(authority.cert) },
        await realUser(plane),
      ),
    }),
    check: /^API server$/,
    message: /^The certificate of the API server at .* is not trusted/,
  },
  "the webhook answers 401": {
    with: answering(401),
    check: /^webhook hook$/,
    message: /^Status 401 \(check the secret that it expects\)\.$/,
  },
  "the webhook answers 404": {
    with: answering(404),
    check: /^webhook hook$/,
    message: /^Status 404 \(.*\)\.$/,
  },
  "the state cannot be written": {
    with: ({ plane }) => Promise.resolve({ state: `${plane.kubeconfig}/state.db` }),
    check: /^state$/,
    message: /^Cannot write the state file .*: .* Give --state a file in a folder that can be written\.$/,
  },
};

clusterTest("doctor names the one thing that is broken, whichever it is", async (context) => {
  await using plane = await startControlPlane();
  await createPods(plane, [manifest("web-0", { labels: { app: "web" } })]);
  await using receiver = await Receiver.start({
    reply: ({ path }) => ({ status: Number(/\d{3}$/.exec(path)?.[0] ?? 200) }),
  });
  const good = {
    plane,
    receiver,
    kubeconfig: plane.kubeconfig,
    url: receiver.url,
    state: `${plane.dir}/state.db`,
  };
  const diagnose = async (broken: Broken["with"]): Promise<Diagnosis> => {
    const { more = [], ...changed } = await broken(good);
    const { kubeconfig, url, state } = { ...good, ...changed };
    return await doctor([
      ...kubeconfig === "" ? [] : ["--kubeconfig", kubeconfig],
      ...["--url", `hook=${url}`, "--secret", SECRET, "--state", state, ...more],
    ]);
  };

  await context.step("where all is well everything is green, and nothing is left behind", async () => {
    const diagnosis = await diagnose(() => Promise.resolve({}));
    assert.deepEqual(diagnosis.checks.filter(({ outcome }) => outcome !== "ok"), []);
    assert.deepEqual([diagnosis.ok, diagnosis.code], [true, 0]);
    assert.deepEqual(diagnosis.checks.map(({ check }) => check), [
      ...[
        "secret",
        "cluster",
        "API server",
        "may list pods",
        "may watch pods",
        "may get pods",
        "list",
        "watch",
      ],
      ...["webhook hook", "state", "updates"],
    ]);
    assert.deepEqual((await namesIn(plane.dir)).filter((name) => /state|\.k8svent/.test(name)), []);
    assert.equal(receiver.deliveries.length, 1);
  });

  for (const [what, broken] of Object.entries(SET_UPS)) {
    await context.step(what, async () => {
      const diagnosis = await diagnose(broken.with);
      const [[check = "", message = ""] = [], ...others] = faultsOf(diagnosis);
      assert.match(check, broken.check);
      assert.match(message, broken.message);
      assert.deepEqual(others, []);
      assert.deepEqual([diagnosis.ok, diagnosis.code], [false, 1]);
    });
  }

  await context.step("the webhook's authority is another", async () => {
    await using server = await Receiver.start({ tls: untrusted });
    const faults = faultsOf(await diagnose(() => Promise.resolve({ url: server.url })));
    assert.deepEqual(faults.map(([check]) => check), ["webhook hook"]);
    assert.match(faults.join(), /[Cc]ertificate .* is not trusted/);
  });

  await context.step("of several endpoints of a file, the one that is bad", async () => {
    const file = `${plane.dir}/k8svent.yaml`;
    await Deno.writeTextFile(`${plane.dir}/secret`, SECRET);
    await Deno.writeTextFile(
      file,
      `version: 1
defaults: { secretFiles: [secret] }
endpoints:
  - { name: a, url: "${receiver.url}/200" }
  - { name: b, url: "${receiver.url}/500" }
  - { name: c, url: "${receiver.url}/200", secretFiles: [none] }
`,
    );
    const diagnosis = await doctor(["--kubeconfig", plane.kubeconfig, "--config", file]);
    assert.deepEqual(faultsOf(diagnosis).map(([check]) => check), ["webhook b", "webhook c"]);
    assert.match(
      faultsOf(diagnosis)[1]?.[1] ?? "",
      /^The file .*none \(secretFiles\) cannot be used: it does not exist/,
    );
    const [found] = diagnosis.checks;
    assert.deepEqual(found, {
      check: "configuration",
      outcome: "ok",
      message: `${file} is valid: 3 endpoints`,
    });
  });

  await context.step("a file that is wrong, without its endpoints", async () => {
    const file = `${plane.dir}/wrong.yaml`;
    await Deno.writeTextFile(file, "version: 1\nendpoints: [{ name: a }]\n");
    const diagnosis = await doctor(["--kubeconfig", plane.kubeconfig, "--config", file]);
    assert.deepEqual(faultsOf(diagnosis).map(([check]) => check), ["configuration"]);
    const webhooks = diagnosis.checks.find(({ check }) => check === "webhooks");
    assert.deepEqual(webhooks, {
      check: "webhooks",
      outcome: "skipped",
      message: "the configuration names them",
    });
  });

  await context.step("nothing, of a state that a k8svent which runs has open", async () => {
    const state = `${plane.dir}/used.db`;
    const args = ["--kubeconfig", plane.kubeconfig, "--url", `hook=${receiver.url}/200`, "--secret", SECRET];
    await using program = await startProgram({ args: [...args, "--state", state] });
    await program.until(/Delivers to hook/);
    const before = await namesIn(plane.dir);
    const diagnosis = await doctor([...args, "--state", state, "--no-send"]);
    assert.deepEqual(await namesIn(plane.dir), before);
    assert.deepEqual(faultsOf(diagnosis), []);
    const found = (name: string): string =>
      diagnosis.checks.find(({ check }) => check === name)?.message ?? "";
    assert.match(found("state"), /is in use, by a k8svent that runs/);
    assert.equal(found("webhook hook"), "--no-send");
    assert.equal(await program.stop(), 0);
    assert.match(
      (await doctor([...args, "--state", state, "--no-send"])).checks.at(-2)?.message ?? "",
      /can be opened$/,
    );
  });

  await context.step("nothing more, once it is interrupted", async () => {
    await using silent = await Receiver.start({ reply: () => "hang" });
    const webhooks = ["a", "b", "c"].flatMap((name) => ["--url", `${name}=${silent.url}`]);
    await using program = await startProgram({
      args: ["doctor", "--kubeconfig", plane.kubeconfig, "--secret", SECRET, ...webhooks],
    });
    await silent.until(() => silent.deliveries.length === 3, "three test messages");
    program.signal("SIGINT");
    assert.equal(await program.ended, 130);
    assert.deepEqual(program.lines, []);
    assert.doesNotMatch(program.stdout, /webhook|failed/);
  });

  await context.step("the same for a person, in 80 columns", async () => {
    const { code, stdout } = await runProgram({
      args: [
        "doctor",
        "--url",
        `hook=${receiver.url}/401`,
        "--kubeconfig",
        plane.kubeconfig,
        "--secret",
        SECRET,
      ],
    });
    assert.equal(code, 1);
    assert.match(stdout, /^failed {2}webhook hook {3}Status 401 \(check the secret that it expects\)\.$/m);
    assert.match(stdout, /\n1 check failed \(1 skipped\): webhook hook\.\n$/);
    assert.deepEqual(stdout.split("\n").filter((line) => line.length > 80), []);
  });
});

clusterTest("doctor finds all well in a pod, by the permissions of the image", async () => {
  await using plane = await startControlPlane();
  await grantPods(plane);
  const containers = [{ name: "k8svent", image: "registry.example.com/k8svent:1.2.3" }];
  await createPods(plane, [manifest("k8svent-0", {}, { containers })]);
  await using receiver = await Receiver.start();
  await using program = await startInPod({
    plane,
    command: [Deno.execPath(), "run", "-q", "-P=cluster", MAIN, "doctor", "--url", `hook=${receiver.url}`],
    secret: SECRET,
    user: "0",
    env: { POD_NAMESPACE: "default", POD_NAME: "k8svent-0" },
  });
  assert.equal(await program.ended, 0, program.stdout);
  assert.match(
    program.stdout,
    /^ok {6}cluster +https:.*, by the service account in\n +\/var\/run\/secrets\//m,
  );
  assert.match(program.stdout, /^ok {6}state +\/var\/lib\/k8svent\/state\.db can be written, and is new$/m);
  assert.match(
    program.stdout.replace(/\n +/g, " "),
    /^skipped may report +it may not create Kubernetes Events: kube\/events\/rbac\.yaml grants it, once it names the namespace default in place of k8svent$/m,
  );
  assert.match(program.stdout, /^ok {6}updates +stays: tag 1\.2\.3 is fixed\.$/m);
  assert.match(program.stdout, /^All is well \(1 skipped\)\.$/m);
}, lacksPods());
