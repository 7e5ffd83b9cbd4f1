import assert from "node:assert/strict";
import { UsageError } from "../config/usage_error.ts";
import type { CommandContext } from "./context.ts";
import { OPERATE, type Operating } from "./operate_command.ts";
import type { OperateOptions } from "./job.ts";

const NOW = Date.parse("2026-11-27T12:00:00Z");
const FILES: Record<string, string> = { "/token": "a-token-of-an-operator\n", "/two": "one two" };

function context(env: Record<string, string> = {}): CommandContext {
  return {
    env: (name) => env[name],
    files: {
      readText(path): string {
        const text = FILES[path];
        if (text === undefined) throw new Deno.errors.NotFound();
        return text;
      },
      readTextAgain(path): string {
        return this.readText(path);
      },
      isReadOnce: () => false,
      readBytes: () => new Uint8Array(),
      realPath: (path) => path,
    },
    now: () => NOW,
    random: (bytes) => new Uint8Array(bytes),
  };
}

async function parse(
  name: Operating,
  argv: string[],
  env: Record<string, string> = {},
): Promise<OperateOptions> {
  return await OPERATE[name].carryOut(argv, context(env)) as OperateOptions;
}

async function complaint(name: Operating, argv: string[], env: Record<string, string> = {}): Promise<string> {
  try {
    await parse(name, argv, env);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error("nothing is wrong with it");
}

for (
  const [server, hint] of [
    ["9090", /:9090\. Put the host before the port: 127\.0\.0\.1:9090\.$/],
    [":9090", / Put the host before the port: 127\.0\.0\.1:9090\.$/],
    ["::1:9090", / An IPv6 address stands in brackets/],
    ["https://me:c0nfidential@a.example.com", / It takes no user and no password/],
    ["me:c0nfidential@a.example.com:9090", / It takes no user and no password/],
    ["unix:///run/k8svent.sock", / A Unix socket cannot be reached\.$/],
    ["/run/k8svent.sock", / A Unix socket cannot be reached\.$/],
    ["http://a.example.com/?x=c0nfidential", / Nothing stands behind its path\.$/],
    ["http:/127.0.0.1:9090", /9090\.$/],
    ["http:127.0.0.1:9090", /9090\.$/],
    ["${SERVER}", /9090\.$/],
    ["http://a.example.com:99999", /9090\.$/],
    ["", /9090\.$/],
  ] as const
) {
  Deno.test(`"${server}" is no program to ask, and is said so`, async () => {
    const said = await complaint("status", ["--server", server]);
    assert.match(said, /^--server must be the URL of a program's --admin-listen, such as http:/);
    assert.match(said, hint);
    assert.doesNotMatch(said, /c0nfidential/);
  });
}

for (
  const [server, href] of [["[::1]:9090", "http://[::1]:9090/"], [
    "münchen.example",
    "http://xn--mnchen-3ya.example/",
  ]]
) {
  Deno.test(`${server} is a program to ask`, async () => {
    assert.equal((await parse("status", ["--server", server ?? ""])).server.href, href);
  });
}

Deno.test("each command becomes what is to be done", async () => {
  const cases: [Operating, string[], unknown][] = [
    ["status", [], { kind: "status" }],
    ["deliveries", [], { kind: "deliveries", filters: { limit: "20" } }],
    ["deliveries", ["hook", "--state", "failed", "-n", "shop", "--limit", "5"], {
      kind: "deliveries",
      endpoint: "hook",
      filters: { state: "failed", namespace: "shop", limit: "5" },
    }],
    ["deliveries", ["hook", "pod_1"], { kind: "delivery", endpoint: "hook", id: "pod_1" }],
    ["redeliver", ["hook", "pod_1"], { kind: "redeliver", endpoint: "hook", id: "pod_1" }],
    ["discard", ["--all", "hook"], { kind: "discard", endpoint: "hook" }],
    ["resync", [], { kind: "resync" }],
    ["resync", ["hook", "--since", "10m"], {
      kind: "resync",
      endpoint: "hook",
      since: "2026-11-27T11:50:00.000Z",
    }],
    ["resync", ["--since", "2026-11-27T12:00:00+02:00"], {
      kind: "resync",
      since: "2026-11-27T10:00:00.000Z",
    }],
    ["pause", ["hook"], { kind: "pause", endpoint: "hook" }],
    ["resume", ["hook"], { kind: "resume", endpoint: "hook" }],
  ];
  for (const [name, argv, operation] of cases) {
    assert.deepEqual((await parse(name, argv)).operation, operation, `${name} ${argv.join(" ")}`);
  }
});

Deno.test("the program is on this machine unless a flag, or a variable, says otherwise", async () => {
  const env = { K8SVENT_SERVER: "admin.example.com:8443" };
  assert.equal((await parse("status", [])).server.href, "http://127.0.0.1:9090/");
  assert.equal((await parse("status", [], env)).server.href, "http://admin.example.com:8443/");
  assert.equal(
    (await parse("status", ["--server", "https://a.example.com/k8svent"], env)).server.href,
    "https://a.example.com/k8svent",
  );
  assert.match(
    await complaint("status", ["--server", "a..b:80"]),
    /^--server has a dot too many in its host/,
  );
  assert.match(
    await complaint("status", ["--server", "ftp://a"]),
    /^--server must be the URL of a program's --admin-listen/,
  );
});

Deno.test("the token is the one line of a file, which a flag or the program's own variable names", async () => {
  assert.equal((await parse("status", [])).token, undefined);
  assert.equal((await parse("status", ["--token-file", "/token"])).token, "a-token-of-an-operator");
  assert.equal(
    (await parse("status", [], { K8SVENT_ADMIN_TOKEN_FILE: "/token" })).token,
    "a-token-of-an-operator",
  );
  assert.match(
    await complaint("status", ["--token-file", "/two"]),
    /^The file of --token-file, \/two, holds no token/,
  );
  assert.match(
    await complaint("status", ["--token-file", "/none"]),
    /^Cannot read the file of --token-file, \/none: /,
  );
  assert.match(
    await complaint("status", ["--token-file", "/var/run/secrets/kubernetes.io/serviceaccount/token"]),
    /^--token-file names a file of the service account/,
  );
});

Deno.test("what cannot be meant is refused, with the way out", async () => {
  assert.match(await complaint("redeliver", ["hook"]), /needs the ID of a dead letter .*, or --all\.$/);
  assert.match(
    await complaint("discard", ["hook", "pod_1", "--all"]),
    /takes the ID of a dead letter or --all, not both\.$/,
  );
  assert.match(await complaint("pause", []), /^k8svent pause needs ENDPOINT\. "k8svent pause --help"/);
  assert.match(
    await complaint("pause", ["a", "b"]),
    /^Here is one argument too many: k8svent pause ENDPOINT\./,
  );
  assert.match(
    await complaint("status", ["--servre", "x"]),
    /has no flag --servre\. Did you mean --server\?/,
  );
  assert.match(
    await complaint("resync", ["--since", "2026-11-27"]),
    /^--since must be an instant with its zone/,
  );
  assert.match(
    await complaint("resync", ["--since", "2026-11-27T12:00:01Z"]),
    /^--since is in the future: no pod has changed since "2026-11-27T12:00:01Z"/,
  );
  assert.match(await complaint("resync", ["--since", "soon"]), /^--since must be a duration/);
  assert.match(
    await complaint("deliveries", ["hook", "--state", "dead"]),
    /^--state must be delivered, pending or failed/,
  );
  assert.match(
    await complaint("deliveries", ["--limit", "0"]),
    /^--limit must be a whole number from 1 to 1000/,
  );
});

Deno.test("what would change the path of the request is no operand", async () => {
  for (const name of ["redeliver", "discard", "deliveries"] as const) {
    assert.equal(await complaint(name, ["hook", ".."]), `k8svent ${name}: ".." cannot be ID.`);
    assert.match(await complaint(name, ["hook", ""]), /: ID is empty: give it a value, or leave it out\.$/);
  }
  for (const name of ["resync", "deliveries", "pause", "resume"] as const) {
    assert.equal(await complaint(name, [".."]), `k8svent ${name}: ".." cannot be ENDPOINT.`);
    assert.match(await complaint(name, ["."]), /"\." cannot be ENDPOINT\.$/);
    assert.match(await complaint(name, [" "]), /: ENDPOINT is empty: give it a value, or leave it out\.$/);
  }
  assert.deepEqual((await parse("pause", ["..a"])).operation, { kind: "pause", endpoint: "..a" });
});

Deno.test("what a variable says of the program is known to be of it, unless a flag says it", async () => {
  const env = { K8SVENT_SERVER: "a.example:1", K8SVENT_ADMIN_TOKEN_FILE: "/token" };
  assert.deepEqual([...(await parse("status", [], env)).names], [
    ["server", "K8SVENT_SERVER"],
    ["token-file", "K8SVENT_ADMIN_TOKEN_FILE"],
  ]);
  const flags = ["--server", "b.example:1", "--token-file", "/token"];
  assert.deepEqual([...(await parse("status", flags, env)).names], []);
  assert.deepEqual([...(await parse("status", [])).names], []);
});
