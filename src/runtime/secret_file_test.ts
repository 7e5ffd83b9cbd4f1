import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import type { Log } from "./log.ts";
import { fixedSecrets, openSecretFile, SecretFileError, type Secrets } from "./secret_file.ts";

interface Bench {
  secrets: Secrets;
  clock: TestClock;
  said: string[];
  reads: () => number;
  set(content: string | Error): void;
}

const OLD = "old-0123456789abcdef";
const NEW = "new-0123456789abcdef";

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
  const secrets = openSecretFile("/s", { clock, log, read });
  return { secrets, clock, said, reads: () => reads, set: (next) => void (now = next) };
}

Deno.test("each line of the file is a secret, by the rule of all secrets", () => {
  assert.deepEqual(openBench(`\uFEFF${NEW}\r\n\n ${OLD} \n`).secrets.current(), [NEW, OLD]);
});

Deno.test("a changed file signs with its new secrets, and the log says so", async () => {
  const bench = openBench(`${OLD}\n`);
  bench.set(`${NEW}\n${OLD}\n`);
  await bench.clock.advance(1_000);
  assert.deepEqual(bench.secrets.current(), [NEW, OLD]);
  assert.deepEqual(bench.said, ["info The secret file has changed and signs from now on."]);
});

Deno.test("a weak secret is said to be one, at the start and after each change", async () => {
  const weak = "warn A secret in /s has 8 bytes only: use 16 or more (openssl rand -hex 32).";
  const bench = openBench("12345678\n");
  assert.deepEqual(bench.said, [weak]);
  await bench.clock.advance(1_000);
  bench.secrets.current();
  bench.set("abcdefgh\n");
  await bench.clock.advance(1_000);
  bench.secrets.current();
  assert.deepEqual(bench.said, [weak, "info The secret file has changed and signs from now on.", weak]);
});

Deno.test("the file is read at most once a second", async () => {
  const bench = openBench(OLD);
  bench.set(NEW);
  await bench.clock.advance(999);
  assert.deepEqual(bench.secrets.current(), [OLD]);
  assert.equal(bench.reads(), 1);
  await bench.clock.advance(1);
  for (let i = 0; i < 100; i++) bench.secrets.current();
  assert.equal(bench.reads(), 2);
});

Deno.test("an empty or unreadable file at the start is an error that names it and says why", () => {
  const cases: [string | Error, RegExp][] = [
    ["\n \n", /^The secret file \/s is empty: write one secret a line into it\.$/],
    [`${OLD}\n\nwhsec_x\n`, /^The secret in line 3 of \/s begins with whsec_, but the rest is not base64/],
    [
      new Deno.errors.NotFound("x"),
      /^Cannot read the secret file \/s: it does not exist; create it, or correct its path\.$/,
    ],
    [new Deno.errors.PermissionDenied("x"), /do not let this user use it/],
    [new Deno.errors.IsADirectory("x"), /it is a directory/],
    [new Deno.errors.NotADirectory("x"), /a part of its path is a file/],
    [new Deno.errors.FilesystemLoop("x"), /links form a loop/],
    [new Deno.errors.NotCapable("run again with --allow-all"), /may use only files below/],
    [new Error("os error 5"), /: it cannot be opened\.$/],
  ];
  for (const [content, expected] of cases) {
    assert.throws(
      () => openBench(content),
      (error) => error instanceof SecretFileError && expected.test(error.message),
    );
  }
});

Deno.test("when the file cannot be read later the old secrets stay, with one warning each time it breaks", async () => {
  const bench = openBench(OLD);
  for (const content of [new Deno.errors.NotFound("x"), "bad", OLD, ""]) {
    bench.set(content);
    await bench.clock.advance(1_000);
    assert.deepEqual(bench.secrets.current(), [OLD]);
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
    await Deno.writeTextFile(`${folder}/${version}/secret`, `a-secret-of-${version}-0123`);
  }
  await Deno.symlink("1", `${folder}/..data`);
  await Deno.symlink("..data/secret", `${folder}/secret`);
  const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
  const secrets = openSecretFile(`${folder}/secret`, { clock, log });
  assert.deepEqual(secrets.current(), ["a-secret-of-1-0123"]);
  await Deno.symlink("2", `${folder}/..data_tmp`);
  await Deno.rename(`${folder}/..data_tmp`, `${folder}/..data`);
  await clock.advance(1_000);
  assert.deepEqual(secrets.current(), ["a-secret-of-2-0123"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("fixed secrets are what they were made of", () => {
  assert.deepEqual(fixedSecrets(["a"]).current(), ["a"]);
});

Deno.test("a file without an end is another file, and is not read to its end", () => {
  const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  assert.throws(
    () => openSecretFile("/dev/zero", { clock: new TestClock(), log }),
    /line 1 of \/dev\/zero contains characters/,
  );
});

Deno.test({
  name: "a pipe, which the shell makes of <(…), is read once",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const pipe = `${folder}/pipe`;
    await new Deno.Command("mkfifo", { args: [pipe] }).output();
    const writer = new Deno.Command("sh", { args: ["-c", `echo ${OLD} > "$0"`, pipe] }).spawn();
    const clock = new TestClock();
    const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const secrets = openSecretFile(pipe, { clock, log });
    await writer.status;
    await clock.advance(5_000);
    // A second read would wait for a writer for ever.
    assert.deepEqual(secrets.current(), [OLD]);
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "a file whose place a pipe takes is not opened, and its secrets go on signing",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/secret`;
    await Deno.writeTextFile(file, OLD);
    const clock = new TestClock();
    const log = new MemoryLog();
    const secrets = openSecretFile(file, { clock, log });
    await Deno.remove(file);
    await new Deno.Command("mkfifo", { args: [file] }).output();
    await clock.advance(5_000);
    assert.deepEqual(secrets.current(), [OLD]);
    assert.deepEqual(log.lines.map(({ message }) => message), ["The last known secrets go on signing."]);
    await Deno.remove(folder, { recursive: true });
  },
});
