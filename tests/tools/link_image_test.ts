import assert from "node:assert/strict";
import { parse } from "yaml";
import { runProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";

const SHA = "8d3f5a1c2b4e6f708192a3b4c5d6e7f801234567";
const ARGS = [
  "link-image",
  "--owner",
  "atomist",
  "--repo",
  "k8vent",
  "--sha",
  SHA,
  "--image",
  "atomist/k8vent:0.16.0",
];
const SECRET = "a plain secret of some length";

Deno.test("link-image sends what the older program's receivers read, signed, and again after a 503", async () => {
  await using receiver = await Receiver.start({
    secrets: [SECRET],
    reply: ({ index }) => ({ status: index === 0 ? 503 : 200 }),
  });
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, SECRET);
  const args = [...ARGS, "--url", receiver.url, "--secret-file", file];
  const { code, stdout, stderr } = await runProgram({ args });
  await Deno.remove(file);
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /took it \(200\) after 2 attempts: atomist\/k8vent:0\.16\.0 is of atomist\/k8vent@8d3f/,
  );
  assert.match(stderr, /503.*Tries again in 1 s\./);
  const link =
    `{"git":{"owner":"atomist","repo":"k8vent","sha":"${SHA}"},"docker":{"image":"atomist/k8vent:0.16.0"},"type":"link-image"}`;
  assert.deepEqual(receiver.deliveries.map(({ text }) => text), [link, link]);
  const [first, second] = receiver.deliveries.map(({ headers }) => headers);
  assert.equal(first?.["webhook-id"], second?.["webhook-id"]);
  assert.match(second?.["x-atomist-signature"] ?? "", /^sha1=/);
});

Deno.test("link-image ends with 1 at once where it is refused, and tells so as JSON or YAML", async () => {
  await using receiver = await Receiver.start({ reply: () => ({ status: 404 }) });
  const { code, stdout } = await runProgram({ args: [...ARGS, "--url", receiver.url, "-o", "json"] });
  assert.equal(code, 1);
  const { isAccepted, status, attempts, why } = JSON.parse(stdout);
  assert.deepEqual([isAccepted, status, attempts], [false, 404, 1]);
  assert.match(why, /404/);
  const yaml = await runProgram({ args: [...ARGS, "--url", receiver.url, "-o", "yaml"] });
  assert.equal(yaml.code, 1);
  assert.deepEqual(parse(yaml.stdout), JSON.parse(stdout));
});

Deno.test("link-image ends with 2 for a commit that is cut short, and prints its help in 80 columns", async () => {
  const { code, stderr } = await runProgram({
    args: [...ARGS, "--sha", "8d3f5a1", "--url", "http://127.0.0.1:1"],
  });
  assert.equal(code, 2);
  assert.match(stderr, /--sha must be the whole commit/);
  const { stdout } = await runProgram({ args: ["link-image", "--help"] });
  assert.deepEqual(stdout.split("\n").filter((line) => line.length > 80), []);
});
