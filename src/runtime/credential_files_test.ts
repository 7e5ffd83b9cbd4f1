import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryDisk, memoryFiles } from "../../tests/kit/memory_files.ts";
import { CredentialFiles, type FileText } from "./credential_files.ts";

const FILE = "/etc/k8svent/password";
const OPTION = "basicAuth.passwordFile";

function textOf(found: FileText): string {
  return "text" in found ? found.text : found.problem;
}

Deno.test("a file's text is what stands in it without the line end, the spaces and the mark around it", () => {
  const disk = new MemoryDisk();
  disk.write(FILE, "\uFEFF s3cret two \r\n\n");
  assert.deepEqual(memoryFiles(disk, new TestClock()).text(FILE, OPTION), { text: "s3cret two" });
});

Deno.test("a file is read at most once a second, whoever asks, a broken one too", async () => {
  const disk = new MemoryDisk();
  const clock = new TestClock();
  const files = memoryFiles(disk, clock);
  for (let n = 0; n < 10; n++) assert.match(textOf(files.text(FILE, OPTION)), /does not exist/);
  disk.write(FILE, "new");
  await clock.advance(999);
  assert.match(textOf(files.text(FILE, "another option")), /does not exist/);
  await clock.advance(1);
  assert.equal(textOf(files.text(FILE, OPTION)), "new");
  assert.equal(disk.reads, 2);
  files.forget(FILE);
  disk.write(FILE, "newer");
  assert.equal(textOf(files.text(FILE, OPTION)), "newer");
});

Deno.test("what was known before does not stand in for a file that has become of no use", async () => {
  const disk = new MemoryDisk();
  const clock = new TestClock();
  const files = memoryFiles(disk, clock);
  disk.write(FILE, "old");
  assert.equal(textOf(files.text(FILE, OPTION)), "old");
  disk.remove(FILE);
  await clock.advance(1_000);
  assert.match(textOf(files.text(FILE, OPTION)), /does not exist/);
});

Deno.test("a file of no use is reported with its path, its option and the way out, and never with what is in it", () => {
  const cases: [string | Uint8Array<ArrayBuffer> | Error, RegExp][] = [
    [" \n", /: it is empty$/],
    ["c0nfidential".repeat(6_000), /: it has more than 64 KiB, and is another file$/],
    [new Deno.errors.NotFound("x"), /: it does not exist; create it, or correct its path$/],
    [new Deno.errors.PermissionDenied("x"), /: the permissions do not let this user use it$/],
    [new Deno.errors.IsADirectory("x"), /: it is a directory; name a file in it$/],
    [new Deno.errors.FilesystemLoop("x"), /: its symbolic links form a loop$/],
    [new Deno.errors.NotCapable("x"), /: this build may use only files below /],
  ];
  for (const [content, expected] of cases) {
    const disk = new MemoryDisk();
    disk.write(FILE, content);
    const reported = textOf(memoryFiles(disk, new TestClock()).text(FILE, OPTION));
    assert.match(reported, /^the file \/etc\/k8svent\/password \(basicAuth\.passwordFile\) cannot be used: /);
    assert.match(reported, expected);
    assert.doesNotMatch(reported, /c0nfidential/);
  }
});

Deno.test("a list of authorities may be larger than a password", () => {
  const disk = new MemoryDisk();
  disk.write(FILE, "x".repeat(250_000));
  const found = memoryFiles(disk, new TestClock()).text(FILE, OPTION, 1_048_576);
  assert.equal("text" in found && found.text.length, 250_000);
});

Deno.test("whether a file may be read is asked each time, of where its links lead now", async () => {
  const disk = new MemoryDisk();
  const clock = new TestClock();
  const token = "/run/secrets/kubernetes.io/serviceaccount/token";
  disk.write("/data/1/password", "first");
  disk.write(token, "c0nfidential");
  disk.link(FILE, "/data/1/password");
  const asked: string[] = [];
  const files = memoryFiles(disk, clock, (path) => {
    asked.push(path);
    return path.startsWith("/run/secrets/kubernetes.io/") ? "it is the service account's" : undefined;
  });
  assert.equal(textOf(files.text(FILE, OPTION)), "first");
  disk.link(FILE, token);
  await clock.advance(1_000);
  assert.match(textOf(files.text(FILE, OPTION)), /cannot be used: it is the service account's$/);
  assert.deepEqual(asked, ["/data/1/password", token]);
  assert.equal(disk.reads, 1, "what must not be read is not opened");
});

Deno.test({
  name:
    "a pipe is not opened, which would wait for its other end; a folder and a device are reported as what they are",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    const files = new CredentialFiles({ clock: new TestClock(), mayRead: () => undefined });
    assert.match(textOf(files.text(`${folder}/pipe`, OPTION)), /: it is no plain file$/);
    assert.match(textOf(files.text(folder, OPTION)), /: it is a directory/);
    assert.match(textOf(files.text("/dev/zero", OPTION)), /: it (is no plain file|belongs to the system)/);
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test("a mounted Secret is followed through the symlink that the kubelet moves", async () => {
  const folder = await Deno.makeTempDir();
  for (const version of ["1", "2"]) {
    await Deno.mkdir(`${folder}/${version}`);
    await Deno.writeTextFile(`${folder}/${version}/token`, `of ${version}\n`);
  }
  await Deno.symlink("1", `${folder}/..data`);
  await Deno.symlink("..data/token", `${folder}/token`);
  const clock = new TestClock();
  const files = new CredentialFiles({ clock, mayRead: () => undefined });
  assert.equal(textOf(files.text(`${folder}/token`, OPTION)), "of 1");
  await Deno.symlink("2", `${folder}/..data_tmp`);
  await Deno.rename(`${folder}/..data_tmp`, `${folder}/..data`);
  await clock.advance(1_000);
  assert.equal(textOf(files.text(`${folder}/token`, OPTION)), "of 2");
  await Deno.remove(folder, { recursive: true });
});
