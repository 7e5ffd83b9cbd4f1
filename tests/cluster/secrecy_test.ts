import assert from "node:assert/strict";
import { issueCertificate } from "../kit/certificates.ts";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { leaks, MARK, SECRET, webhook, wholeOutput } from "../kit/confidential.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { realCluster, realUser, writeKubeconfig } from "../kit/kubeconfig.ts";
import { freePort } from "../kit/port.ts";
import { runProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";

Deno.test("a token, a secret and a URL's path or query in an output are found", () => {
  const secret = ["ok", SECRET, webhook("a", { url: "http://127.0.0.1/hook" })];
  assert.deepEqual(leaks(secret.join("\n")), secret.slice(1));
  assert.equal(leaks(`Bearer ${btoa('{"alg":"RS256","kid":"x"}')}.e30.x`).length, 1);
  const encoded = ["a", "ab", "abc"].map((user) => btoa(`${user}:${MARK}`));
  assert.deepEqual(leaks(encoded.join("\n")), encoded);
});

clusterTest(
  "nothing that any program of this run printed shows a secret, a token or a URL's path",
  async () => {
    await using plane = await startControlPlane();
    await createPods(plane, [manifest("web")]);
    const seen = [
      ...await failingEndpoints(plane),
      ...await failingClusters(plane),
      ...await slips(),
    ].join("\n");
    // Else the errors that are most likely to quote something were not even there.
    for (const evidence of EVIDENCE) assert.match(seen, evidence);
    const output = await wholeOutput();
    assert(output.includes(seen.split("\n")[0] ?? assert.fail()));
    assert.deepEqual(leaks(output), []);
  },
);

const EVIDENCE = [
  /the certificate of localhost:\d+ is not trusted/,
  /the name of no-such-host\.invalid:443 does not resolve/,
  /Endpoint redirects refused default\/web, 4 times: status 302/,
  /127\.0\.0\.1:\d+ refused the connection/,
  /closed the connection before it answered/,
  /what answers at 127\.0\.0\.1:\d+ does not speak TLS/,
  /it is not valid YAML at line \d+/,
  /The API server does not accept the credentials \(401\)/,
  /is not a Kubernetes API server: it does not know the path of the Kubernetes API \(404\)/,
  /The certificate of the API server at \S+ is not trusted/,
  /The name of the API server at no-such-host\.invalid:443 cannot be resolved/,
  /There is no flag --secrt/,
  /--url, entry 1 is not a URL/,
];

/** Every way in which a webhook can fail, logged at the level that says most. */
async function failingEndpoints(plane: ControlPlane): Promise<string[]> {
  await using untrusted = await Receiver.start({
    tls: issueCertificate("localhost", { issuer: issueCertificate("nobody"), hosts: ["localhost"] }),
  });
  const location = `https://no-such-host.invalid/${MARK}?key=${MARK}`;
  const redirect = { status: 302, headers: { location }, body: location };
  await using redirects = await Receiver.start({ reply: () => redirect });
  await using resets = await Receiver.start({ reply: () => "reset" });
  const urls = [
    webhook("untrusted", untrusted),
    webhook("redirects", redirects),
    webhook("resets", resets),
    webhook("refuses", { url: `http://user:${MARK}@127.0.0.1:${freePort()}` }),
    webhook("unknown", { url: "https://no-such-host.invalid" }),
    webhook("plain", { url: resets.url.replace("http:", "https:") }),
  ];
  const args = ["--once", "--kubeconfig", plane.kubeconfig, "--log-level", "debug", "--secret", SECRET];
  const { code, stderr } = await runProgram({ args: [...args, ...urls.flatMap((url) => ["--url", url])] });
  assert.equal(code, 1);
  return stderr.split("\n");
}

/** Every way in which a kubeconfig or a cluster can fail. */
async function failingClusters(plane: ControlPlane): Promise<string[]> {
  const real = await realCluster(plane);
  const user = { token: `${MARK}-token` };
  const broken = `${plane.dir}/broken`;
  await Deno.writeTextFile(broken, `users:\n- name: c\n  user: {token: ${MARK}-token\nclusters: [${MARK}\n`);
  const unknown = { server: `https://no-such-host.invalid/${MARK}` };
  const proxied = { ...real, "proxy-url": `http://user:${MARK}@127.0.0.1:${freePort()}` };
  const files = [
    broken,
    await writeKubeconfig(plane, real, user),
    await writeKubeconfig(plane, real, { token: [MARK] }),
    await writeKubeconfig(plane, { ...real, server: `${plane.server}/${MARK}` }, user),
    await writeKubeconfig(plane, { server: `${plane.server}/${MARK}` }, user),
    await writeKubeconfig(plane, unknown, user),
    await writeKubeconfig(plane, proxied, user),
  ];
  // With the administrator's certificate, so that the path is what fails.
  files.push(
    await writeKubeconfig(plane, { ...real, server: `${plane.server}/${MARK}` }, await realUser(plane)),
  );
  const runs = files.map((file) =>
    runProgram({ args: ["--once", "--kubeconfig", file, "--log-level", "debug"] })
  );
  const ended = await Promise.all(runs);
  assert.deepEqual(ended.map(({ code }) => code), files.map(() => 1));
  return ended.flatMap(({ stderr }) => stderr.split("\n"));
}

/** What a hurried person types. */
async function slips(): Promise<string[]> {
  const url = `https://hooks.example.com/${MARK}`;
  const cases = [
    [`--secrt=${MARK}`],
    [`--url=${MARK}/${MARK}?key=${MARK}`],
    ["--url", url, MARK],
    ["--url", url, "--url", url],
    ["--url", url, "--secret", SECRET, "--secret-file", "/dev/null"],
  ];
  const ended = await Promise.all(cases.map((args) => runProgram({ args })));
  assert.deepEqual(ended.map(({ code }) => code), cases.map(() => 2));
  return ended.flatMap(({ stderr }) => stderr.split("\n"));
}
