import assert from "node:assert/strict";
import { complaint, URL_FLAG } from "../../tests/kit/command_line.ts";
import { readArguments } from "./arguments.ts";
import { buildOf, describeBuild } from "./version.ts";

/** What is printed for a command line that asks for help. */
function help(...argv: string[]): string {
  const asked = readArguments(argv, () => undefined);
  assert("data" in asked, argv.join(" "));
  assert.deepEqual({ ...asked, data: "" }, { command: "answer", code: 0, data: "", remarks: "" });
  return asked.data;
}

Deno.test("help names every flag with its variable, in groups, and asks for nothing else", () => {
  const text = help("--help", "--interval", "nonsense");
  for (
    const name of [
      "K8SVENT_WEBHOOKS",
      "-u, --url [NAME=]URL",
      "--shutdown-timeout",
      "Which pods:",
      "Examples:",
    ]
  ) {
    assert(text.includes(name), name);
  }
  assert(text.split("\n").every((line) => line.length <= 80));
});

Deno.test("help has what is used most before what is used least", () => {
  const text = help("--help");
  const places = ["--url", "--secret-file", "--namespace", "--state", "--state-max", "--payload-env"]
    .map((flag) => text.indexOf(`${flag} `, text.indexOf("Where to send:")));
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
});

Deno.test("help and version are words, too", () => {
  assert.equal(help("help"), help("--help"));
  assert.equal(help("help", "--url", "x"), help("--help"));
  assert.match(complaint([...URL_FLAG, "version"]), /takes flags only/);
});

Deno.test("the version can be asked for", () => {
  assert.deepEqual(readArguments(["-V"], () => undefined), { command: "version", output: "table" });
});

Deno.test("the version is the one of deno.json, and says that it runs from source", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assert.equal(describeBuild(buildOf("2.9.6")), `k8svent ${config.version} (from source, deno 2.9.6)\n`);
});
