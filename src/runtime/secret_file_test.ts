import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import type { Log } from "./log.ts";
import { fixedSecrets, openSecretFile, SecretFileError, type Secrets } from "./secret_file.ts";

interface Bench {
  secrets: Secrets;
  clock: TestClock;
  said: string[];
  reads: () => number;
  set(content: string | Error): void;
}

/** A secret file that a test writes by hand, with everything that was logged. */
function openBench(content: string | Error): Bench {
  let now = content;
  let reads = 0;
  const said: string[] = [];
  const log: Log = {
    debug: (message) => said.push(`debug ${message}`),
    info: (message) => said.push(`info ${message}`),
    warn: (message) => said.push(`warn ${message}`),
    error: (message) => said.push(`error ${message}`),
  };
  const clock = new TestClock();
  const read = (): string => {
    reads++;
    if (now instanceof Error) throw now;
    return now;
  };
  const problemOf = (secret: string): string | undefined => secret === "bad" ? "is bad: mend it." : undefined;
  const secrets = openSecretFile("/s", { clock, log, read, problemOf });
  return { secrets, clock, said, reads: () => reads, set: (next) => void (now = next) };
}

Deno.test("each line of the file is a secret, without line ends and blank lines", () => {
  assert.deepEqual(openBench("one\r\n\n two \n  \nthree").secrets.current(), ["one", " two ", "three"]);
  assert.deepEqual(openBench("\uFEFFone\n").secrets.current(), ["one"]);
});

Deno.test("a changed file signs with its new secrets, and the log says so", async () => {
  const bench = openBench("old\n");
  bench.set("new\nold\n");
  await bench.clock.advance(1_000);
  assert.deepEqual(bench.secrets.current(), ["new", "old"]);
  assert.deepEqual(bench.said, ["info The secret file has changed and signs from now on."]);
});

Deno.test("the file is read at most once a second", async () => {
  const bench = openBench("old");
  bench.set("new");
  await bench.clock.advance(999);
  assert.deepEqual(bench.secrets.current(), ["old"]);
  assert.equal(bench.reads(), 1);
  await bench.clock.advance(1);
  for (let i = 0; i < 100; i++) bench.secrets.current();
  assert.equal(bench.reads(), 2);
});

Deno.test("an empty or unreadable file at the start is an error that names it and says why", () => {
  const cases: [string | Error, RegExp][] = [
    ["\n \n", /^The secret file \/s is empty: write one secret a line into it\.$/],
    ["good\n\nbad\n", /^The secret in line 3 of \/s is bad: mend it\.$/],
    [new Deno.errors.NotFound("x"), /^Cannot read the secret file \/s: it does not exist/],
    [new Deno.errors.PermissionDenied("x"), /do not let this user read it/],
    [new Deno.errors.IsADirectory("x"), /it is a directory/],
  ];
  for (const [content, expected] of cases) {
    assert.throws(
      () => openBench(content),
      (error) => error instanceof SecretFileError && expected.test(error.message),
    );
  }
});

Deno.test("when the file cannot be read later the old secrets stay, with one warning each time it breaks", async () => {
  const bench = openBench("old");
  for (const content of [new Deno.errors.NotFound("x"), "bad", "old", ""]) {
    bench.set(content);
    await bench.clock.advance(1_000);
    assert.deepEqual(bench.secrets.current(), ["old"]);
  }
  const warning = "warn The last known secrets go on signing.";
  assert.deepEqual(bench.said, [warning, warning]);
});

Deno.test("a mounted Secret is followed through the symlink that Kubernetes moves", async () => {
  const folder = await Deno.makeTempDir();
  const clock = new TestClock();
  const silent = (): void => {};
  for (const version of ["1", "2"]) {
    await Deno.mkdir(`${folder}/${version}`);
    await Deno.writeTextFile(`${folder}/${version}/secret`, `secret-${version}`);
  }
  await Deno.symlink("1", `${folder}/..data`);
  await Deno.symlink("..data/secret", `${folder}/secret`);
  const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
  const secrets = openSecretFile(`${folder}/secret`, { clock, log });
  assert.deepEqual(secrets.current(), ["secret-1"]);
  await Deno.symlink("2", `${folder}/..data_tmp`);
  await Deno.rename(`${folder}/..data_tmp`, `${folder}/..data`);
  await clock.advance(1_000);
  assert.deepEqual(secrets.current(), ["secret-2"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("fixed secrets are what they were made of", () => {
  assert.deepEqual(fixedSecrets(["a"]).current(), ["a"]);
});
