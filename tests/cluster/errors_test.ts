import assert from "node:assert/strict";
import { issueCertificate } from "../kit/certificates.ts";
import { createPods, deletePods, listPods, manifest, versionsOf } from "../kit/cluster_pods.ts";
import { MARK, SECRET } from "../kit/confidential.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { isDeletion, startDelivering } from "../kit/delivering.ts";
import { realCluster, writeKubeconfig } from "../kit/kubeconfig.ts";
import { freePort } from "../kit/port.ts";
import { runProgram, startProgram } from "../kit/program.ts";

const KUBE = new URL("../../kube", import.meta.url).pathname;
const URL_FLAG = ["--url", `https://hooks.example.com/${MARK}`];

Deno.test("what is wrong with the command line is one sentence, and the exit code is 2", async () => {
  const cases: [args: string[], env: Record<string, string>, sentence: RegExp][] = [
    [
      [],
      {},
      /There is no webhook to send to: give one with --url https:\/\/host\/path, in K8SVENT_WEBHOOKS, or under endpoints/,
    ],
    [["--url", `hooks.example.com/${MARK}`], {}, /--url, entry 1 is not a URL: write https:\/\/host\/path/],
    [[], { K8SVENT_WEBHOOKS: `gopher://${MARK}` }, /K8SVENT_WEBHOOKS, entry 1 does not begin with https:/],
    [[...URL_FLAG, "--secret", ""], {}, /--secret is set but empty: give it a secret, or unset it/],
    [URL_FLAG, { K8SVENT_WEBHOOK_SECRET: " " }, /K8SVENT_WEBHOOK_SECRET is set but empty/],
    [URL_FLAG, { K8SVENT_WEBHOOK_SECRET: "x" }, /K8SVENT_WEBHOOK_SECRET: the secret has 1 byte only/],
    [[...URL_FLAG, `--secrt=${MARK}`], {}, /There is no flag --secrt\. \(?Did you mean --secret\?/],
    [[`https://hooks.example.com/${MARK}`], {}, /takes flags only: give a webhook with --url URL/],
    [["-A"], {}, /There is no flag -A\. The pods of all namespaces are followed unless --namespace/],
    [["-l", "app=web"], {}, /There is no flag -l\. Did you mean --selector S\?/],
    [["--webhook", `https://hooks.example.com/${MARK}`], {}, /no flag --webhook\. Did you mean --url URL\?/],
    [
      ["--url", `https://hooks.example.com/${MARK}\nhttps://b.example/${MARK}`],
      {},
      /--url, entry 1 \(hooks\.example\.com\) holds two webhooks: give --url once for each/,
    ],
    [[], { K8SVENT_WEBHOOKS: `https:hooks.example.com/${MARK}` }, /entry 1 has no host: .* two slashes/],
    [URL_FLAG, { K8SVENT_WEBHOOK_SECRET: `"${MARK}${MARK}"` }, /_SECRET: the secret stands in quotes/],
    [[...URL_FLAG, "--secret", `v1,whsec_${MARK}`], {}, /--secret: the secret begins with v1,/],
    [[...URL_FLAG, "--interval", "2"], {}, /It has no unit: 2s are seconds, 2m minutes\./],
    [[...URL_FLAG, "--state", "--once"], {}, /--state needs a value, and the flag --once follows it/],
  ];
  for (const [args, env, sentence] of cases) {
    const { code, stdout, stderr } = await runProgram({ args, env });
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, sentence);
    assert.equal(stderr.split("\n").length, 1);
  }
});

Deno.test("a secret file that cannot be read, or holds nothing, is one sentence and exit code 1", async () => {
  const empty = await Deno.makeTempFile();
  try {
    const none = await runProgram({ args: [...URL_FLAG, "--secret-file", `${empty}-not-there`] });
    assert.equal(none.code, 1);
    assert.match(none.stderr, /Cannot read the secret file \S+-not-there: it does not exist; create it/);
    const blank = await runProgram({ args: [...URL_FLAG, "--secret-file", empty] });
    assert.equal(blank.code, 1);
    assert.match(blank.stderr, /The secret file \S+ is empty: write one secret a line into it/);
  } finally {
    await Deno.remove(empty);
  }
});

Deno.test("where no cluster is found, the sentence says what was tried", async () => {
  const { code, stderr } = await runProgram({ args: URL_FLAG });
  assert.equal(code, 1);
  assert.match(stderr, /No cluster found\. Tried: KUBECONFIG \(not set\), the service account of a pod/);
  assert.match(stderr, /\.kube\/config \(does not exist\)/);
  assert.match(stderr, /Name a kubeconfig with --kubeconfig FILE or KUBECONFIG/);
});

clusterTest("errors that a real API server makes people meet", async (context) => {
  await using plane = await startControlPlane();
  for (const [sentence, step] of Object.entries(STEPS)) await context.step(sentence, () => step(plane));
});

const STEPS: Record<string, (plane: ControlPlane) => Promise<void>> = {
  "a refused connection names host and port, and is tried again": async (plane) => {
    const server = `127.0.0.1:${freePort()}`;
    const file = await writeKubeconfig(plane, { server: `https://${server}` }, {});
    const line = await firstComplaint(["--kubeconfig", file]);
    assert(line.includes(`The connection to the API server at ${server} was refused.`), line);
  },

  "a certificate of another authority is not trusted, and the sentence says what to check": async (plane) => {
    const other = btoa(issueCertificate("another authority").cert);
    const cluster = { ...await realCluster(plane), "certificate-authority-data": other };
    const line = await firstComplaint(["--kubeconfig", await writeKubeconfig(plane, cluster, {})]);
    assert.match(line, /The certificate of the API server at \S+ is not trusted\. Check that/);
  },

  "a token that the server does not accept (401) says where to sign in": async (plane) => {
    const user = { token: `${MARK}-token` };
    const line = await firstComplaint([
      "--kubeconfig",
      await writeKubeconfig(plane, await realCluster(plane), user),
    ]);
    assert.match(line, /The API server does not accept the credentials \(401\)\./);
  },

  "without RBAC the sentence names verb, resource, scope and the file that grants it (403)": async (
    plane,
  ) => {
    const env = await inPod(plane);
    const everywhere = await runProgram({ args: ["--once"], env });
    assert.equal(everywhere.code, 1);
    assert.match(
      everywhere.stderr,
      new RegExp(`forbids ${ACCOUNT} to list pods in all namespaces \\(403\\)\\.`),
    );
    assert.match(everywhere.stderr, /kubectl apply -f kube\/rbac\.yaml/);
    const here = await runProgram({ args: ["--once", "--namespace", "default"], env });
    assert.equal(here.code, 1);
    assert.match(here.stderr, new RegExp(`forbids ${ACCOUNT} to list pods in the namespace default`));
    assert.match(here.stderr, /kubectl apply -n default -f kube\/rbac-namespaced\.yaml/);
  },

  "a selector that the API server cannot read ends the program with 2 and the server's sentence": async (
    plane,
  ) => {
    const cases: [flag: string, value: string, sentence: string][] = [
      ["--selector", "app==!x", "unable to parse requirement: found '!', expected: identifier"],
      ["--selector", "app in x", "unable to parse requirement: found 'x' expected: '('"],
      ["--selector", "-a=b", "unable to parse requirement:"],
      ["--selector", "a b", "unable to parse requirement:"],
      ["--field-selector", "spec.nosuch=x", "field label not supported: spec.nosuch"],
      [
        "--field-selector",
        "status.phase",
        "invalid selector: 'status.phase'; can't understand 'status.phase'",
      ],
      ["--field-selector", "a=b=c", "invalid field selector: unescaped character in value: 61"],
    ];
    const flags = ["--kubeconfig", plane.kubeconfig, ...URL_FLAG, "--log-format", "text"];
    for (const [index, [flag, value, sentence]] of cases.entries()) {
      // In the long run, by a poll, and once.
      const way = [[], ["--source", "poll"], ["--once"]][index % 3] ?? [];
      const { code, stderr } = await runProgram({ args: [...flags, ...way, flag, value] });
      assert.equal(code, 2, stderr);
      const said = `The API server does not accept ${flag} ${JSON.stringify(value)} (400): ${sentence}`;
      assert(stderr.includes(said), `${said}\nis not in\n${stderr}`);
    }
  },

  "a selector with commas is one selector, and what matches nothing is said once, as is a namespace that is not there":
    async (plane) => {
      await createPods(plane, [manifest("both", { labels: { app: "x", tier: "a" } })]);
      const flags = ["--kubeconfig", plane.kubeconfig, "--once", "--log-format", "text"];
      const both = await runProgram({ args: [...flags, "--selector", "app=x,tier in (a,b)"] });
      assert.match(both.stdout, /"name":"both"/);
      const cases: [args: string[], sentence: string][] = [
        [["--selector", "app=y"], 'warn  No pods that match --selector "app=y" were found in any namespace.'],
        [["-n", "shpo"], "warn  There is no namespace shpo (yet): check the spelling of --namespace."],
        [["-n", "kube-system"], "info  No pods were found in namespace kube-system."],
        [
          ["-n", "default", "--field-selector", "spec.nodeName=nowhere"],
          'warn  No pods that match --field-selector "spec.nodeName=nowhere" were found in namespace default.',
        ],
      ];
      for (const [args, sentence] of cases) {
        const { code, stdout, stderr } = await runProgram({ args: [...flags, ...args] });
        assert.deepEqual([code, stdout], [0, ""]);
        assert(stderr.endsWith(sentence) && stderr.split("\n").length === 1, stderr);
      }
      await deletePods(plane, "both");
    },

  "what a variable sets is named by it, whichever command meets it": async (plane) => {
    const { kubeconfig } = plane;
    const env = { K8SVENT_KUBECONFIG: kubeconfig, K8SVENT_NAMESPACE: "shpo", K8SVENT_SELECTOR: "a b" };
    const cases: [args: string[], env: Record<string, string>, sentence: RegExp][] = [
      [["--once"], env, /does not accept K8SVENT_SELECTOR \\"a b\\" .* Try kubectl get pods --selector/],
      [["tail"], env, /does not accept K8SVENT_SELECTOR "a b" /],
      [["--once"], { ...env, K8SVENT_SELECTOR: "" }, /check the spelling of K8SVENT_NAMESPACE\./],
      [["--once"], { ...env, K8SVENT_CONTEXT: "c" }, /Give another with K8SVENT_CONTEXT: /],
      [["doctor"], { ...env, K8SVENT_CONTEXT: "c" }, /Give another with K8SVENT_CONTEXT: /],
      [["doctor"], { ...env, K8SVENT_STATE: kubeconfig }, /Give K8SVENT_STATE another file;/],
    ];
    for (const [args, env, sentence] of cases) {
      const { stdout, stderr } = await runProgram({ args, env });
      assert.match(`${stdout}${stderr}`.replace(/\n +/g, " "), sentence);
    }
  },

  "with kube/rbac.yaml it works; RBAC lost is said once and is no deletion; regained, it goes on": async (
    plane,
  ) => {
    const env = await inPod(plane);
    await plane.kubectl(["apply", "-f", `${KUBE}/rbac.yaml`]);
    await createPods(plane, ["stays", "goes"].map((name) => manifest(name)));
    await using watching = await startDelivering(["--source", "watch", "--interval", "1s"], env);
    await using polling = await startDelivering(["--source", "poll", "--interval", "1s"], env);
    const followers = [watching, polling];
    for (const { receiver } of followers) {
      await receiver.until(() => receiver.state.pods.size === 2, "two pods");
    }

    await plane.kubectl(["delete", "clusterrolebinding", "k8svent"]);
    // A watch that runs was allowed once and for all: only the next one is refused.
    await plane.stopApiServer();
    await plane.startApiServer();
    for (const { program } of followers) await program.until(/"warn".*forbids \S+ to (list|watch) pods/);
    await deletePods(plane, "goes");
    await createPods(plane, [manifest("later")]);
    // At this level the log also has what is not said to people again.
    for (const { program } of followers) await program.until(/"debug".*forbids \S+ to (list|watch) pods/);

    await plane.kubectl(["apply", "-f", `${KUBE}/rbac.yaml`]);
    const pods = await listPods(plane);
    for (const { program, receiver } of followers) {
      await receiver.until(
        () => receiver.state.live("default", "later") !== undefined,
        "the pod made meanwhile",
      );
      await receiver.until(() => receiver.about("goes").some(isDeletion), "the real deletion");
      await program.until(/The cluster answers again after \d+ s\./);
      assert.equal(program.lines.filter((line) => /"warn".*forbids/.test(line)).length, 1);
      assert.equal(await program.stop(), 0);
      assert.deepEqual(versionsOf(receiver.state.livePods()), versionsOf(pods));
      assert.equal(receiver.deliveries.filter(isDeletion).length, 1);
      assert.deepEqual(receiver.state.problems, []);
    }
  },
};

const ACCOUNT = "system:serviceaccount:k8svent:k8svent";

/** What a pod of the account that `kube/` names finds: two variables, and a folder that the kubelet mounts. */
async function inPod(plane: ControlPlane): Promise<Record<string, string>> {
  const folder = await Deno.makeTempDir({ dir: plane.dir });
  await plane.kubectl(["apply", "-f", `${KUBE}/namespace.yaml`]);
  const account = {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "k8svent", namespace: "k8svent" },
  };
  await plane.kubectl(["apply", "-f", "-"], JSON.stringify(account));
  const token = await plane.kubectl(["create", "token", "k8svent", "--namespace=k8svent"]);
  await Deno.writeTextFile(`${folder}/token`, token.trim());
  await Deno.copyFile(`${plane.serviceAccount}/ca.crt`, `${folder}/ca.crt`);
  const { hostname, port } = new URL(plane.server);
  return {
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
    K8SVENT_SERVICE_ACCOUNT: folder,
  };
}

/** What the log says first, of a program that goes on trying. */
async function firstComplaint(args: string[]): Promise<string> {
  await using program = await startProgram({ args: [...args, ...URL_FLAG, "--secret", SECRET] });
  return await program.until(/"level":"(warn|error)"/);
}
