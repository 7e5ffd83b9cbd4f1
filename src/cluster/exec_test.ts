import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { ClusterError } from "./error.ts";
import { ExecCredentials } from "./exec.ts";

const V1 = "client.authentication.k8s.io/v1";

interface Bench {
  credentials: ExecCredentials;
  clock: TestClock;
  stop: AbortController;
  runs: () => Promise<number>;
}

/** A plugin written in shell, which counts its runs in `$RUNS`; `$(wc -l <"$RUNS")` is the number of this one. */
async function withPlugin(script: string, test: (bench: Bench) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/runs`;
  await Deno.writeTextFile(file, "");
  const clock = new TestClock();
  const stop = new AbortController();
  const plugin = {
    apiVersion: V1,
    command: "/bin/sh",
    args: ["-c", `echo run >>"$RUNS"; ${script}`],
    env: { RUNS: file },
    info: () => Promise.resolve("{}"),
    installHint: "Install it from the moon.",
  };
  const credentials = new ExecCredentials(plugin, {}, { clock, signal: stop.signal });
  try {
    await test({
      credentials,
      clock,
      stop,
      runs: async () => (await Deno.readTextFile(file)).split("\n").length - 1,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Prints a credential; `status` may use the shell's substitutions. */
function print(status: string, apiVersion = V1): string {
  return `cat <<EOF\n{"apiVersion":"${apiVersion}","kind":"ExecCredential","status":${status}}\nEOF\n`;
}

const NUMBERED = print(`{"token":"token-$(wc -l <"$RUNS" | tr -d ' ')"}`);

async function failure(credentials: ExecCredentials): Promise<ClusterError> {
  const error = await credentials.current().then(() => undefined, (error) => error);
  assert.ok(error instanceof ClusterError, String(error));
  assert.equal(error.fault, "unauthorized");
  return error;
}

Deno.test("a plugin without an expiry is run once", async () => {
  await withPlugin(NUMBERED, async ({ credentials, clock, runs }) => {
    assert.deepEqual(await credentials.current(), { headers: { authorization: "Bearer token-1" } });
    await clock.advance(1e10);
    await credentials.current();
    assert.equal(await runs(), 1);
  });
});

Deno.test("requests at the same time share one run", async () => {
  await withPlugin(NUMBERED, async ({ credentials, runs }) => {
    await Promise.all([credentials.current(), credentials.current(), credentials.current()]);
    assert.equal(await runs(), 1);
  });
});

Deno.test("a plugin is run again a minute before its token expires", async () => {
  const script = print(
    `{"token":"token-$(wc -l <"$RUNS" | tr -d ' ')","expirationTimestamp":"2026-01-01T01:00:00Z"}`,
  );
  await withPlugin(script, async ({ credentials, clock, runs }) => {
    await credentials.current();
    await clock.advance(59 * 60_000 - 1);
    await credentials.current();
    assert.equal(await runs(), 1);
    await clock.advance(1);
    assert.deepEqual(await credentials.current(), { headers: { authorization: "Bearer token-2" } });
  });
});

Deno.test("a token that lives for a minute is used for nine tenths of it", async () => {
  const script = print(`{"token":"a-token","expirationTimestamp":"2026-01-01T00:01:00Z"}`);
  await withPlugin(script, async ({ credentials, clock, runs }) => {
    await credentials.current();
    await clock.advance(53_999);
    await credentials.current();
    assert.equal(await runs(), 1);
    await clock.advance(1);
    await credentials.current();
    assert.equal(await runs(), 2);
  });
});

Deno.test("a plugin that prints Go's zero time for an expiry is run once", async () => {
  const script = print(`{"token":"a-token","expirationTimestamp":"0001-01-01T00:00:00Z"}`);
  await withPlugin(script, async ({ credentials, runs }) => {
    await credentials.current();
    await credentials.current();
    assert.equal(await runs(), 1);
  });
});

Deno.test("a refused token is renewed by another run, once for all requests that it failed", async () => {
  await withPlugin(NUMBERED, async ({ credentials, runs }) => {
    const refused = await credentials.current();
    const fresh = { headers: { authorization: "Bearer token-2" } };
    assert.deepEqual(await credentials.renew(refused), fresh);
    assert.deepEqual(await credentials.renew(refused), fresh);
    assert.equal(await runs(), 2);
  });
});

Deno.test("a plugin may print a client certificate", async () => {
  const script = print(`{"clientCertificateData":"CERT","clientKeyData":"KEY"}`);
  await withPlugin(script, async ({ credentials }) => {
    const certificate = { cert: "CERT", key: "KEY", where: "the credential plugin /bin/sh" };
    assert.deepEqual(await credentials.current(), { headers: {}, certificate });
  });
});

Deno.test("a plugin that fails is an error with its exit code and hint, and is run again", async () => {
  await withPlugin("exit 3", async ({ credentials, runs }) => {
    const { message } = await failure(credentials);
    assert.equal(
      message,
      "The credential plugin /bin/sh of the kubeconfig ended with code 3; its own output says why. " +
        "Install it from the moon.",
    );
    await failure(credentials);
    assert.equal(await runs(), 2);
  });
});

Deno.test("a plugin that prints something else is refused without its output being shown", async () => {
  for (const script of ["echo a-secret", "echo '[]'", print(`{"token":""}`), print(`{}`)]) {
    await withPlugin(script, async ({ credentials }) => {
      const error = await failure(credentials);
      assert.doesNotMatch(`${error.message} ${error.cause}`, /a-secret/);
    });
  }
});

for (const kind of ["", '"kind":"",', '"kind":null,']) {
  Deno.test(`a plugin may leave out the kind of what it prints, as client-go lets it: ${kind}`, async () => {
    const script = `echo '{"apiVersion":"${V1}",${kind}"status":{"token":"a-token"}}'\n`;
    await withPlugin(script, async ({ credentials }) => {
      assert.deepEqual(await credentials.current(), { headers: { authorization: "Bearer a-token" } });
    });
  });
}

Deno.test("a plugin that speaks another version is refused", async () => {
  const script = print(`{"token":"a-token"}`, "client.authentication.k8s.io/v1beta1");
  await withPlugin(script, async ({ credentials }) => {
    assert.match((await failure(credentials)).message, /another apiVersion/);
  });
});

Deno.test("a plugin that is not there is said to be so, with its hint", async () => {
  const plugin = {
    apiVersion: V1,
    command: "no-such-plugin",
    args: [],
    env: {},
    info: () => Promise.resolve("{}"),
    installHint: "Install it.",
  };
  const signal = new AbortController().signal;
  const credentials = new ExecCredentials(plugin, {}, { clock: new TestClock(), signal });
  const { message } = await failure(credentials);
  assert.equal(
    message,
    "The credential plugin no-such-plugin of the kubeconfig was not found in PATH. Install it.",
  );
});

Deno.test("a plugin that hangs is ended after five minutes", async () => {
  await withPlugin("exec sleep 600", async ({ credentials, clock }) => {
    const error = failure(credentials);
    await clock.advance(300_000);
    assert.match((await error).message, /did not end within 300 s/);
  });
});

Deno.test("a plugin that still runs is ended with the connection", async () => {
  await withPlugin("exec sleep 600", async ({ credentials, stop, clock }) => {
    const error = failure(credentials);
    stop.abort();
    await error;
    assert.equal(clock.pending, 0);
  });
});

Deno.test("a plugin gets the variables of proxies, which are no longer in the environment, and its own come first", async () => {
  const plugin = {
    apiVersion: V1,
    command: "/bin/sh",
    args: ["-c", print(`{"token":"$HTTPS_PROXY-$NO_PROXY"}`)],
    env: { NO_PROXY: "own" },
    info: () => Promise.resolve("{}"),
    installHint: "",
  };
  const variables: Record<string, string> = { HTTPS_PROXY: "proxy:1", NO_PROXY: "all" };
  const deps = {
    clock: new TestClock(),
    signal: new AbortController().signal,
    env: (name: string): string | undefined => variables[name],
  };
  const { headers } = await new ExecCredentials(plugin, {}, deps).current();
  assert.equal(headers.authorization, "Bearer proxy:1-own");
});
