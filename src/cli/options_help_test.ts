import assert from "node:assert/strict";
import { complaint, URL_FLAG } from "../../tests/kit/command_line.ts";
import { parseOptions } from "./options.ts";
import { buildOf, describeBuild } from "./version.ts";

Deno.test("help names every flag with its variable, in groups, and asks for nothing else", () => {
  const help = parseOptions(["--help", "--interval", "nonsense"], () => undefined);
  assert.equal(help.command, "help");
  const text = (help as { text: string }).text;
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
  const { text } = parseOptions(["--help"], () => undefined) as { text: string };
  const places = ["--url", "--secret-file", "--namespace", "--state", "--state-max", "--payload-env"]
    .map((flag) => text.indexOf(`${flag} `, text.indexOf("Where to send:")));
  assert.deepEqual(places, places.toSorted((a, b) => a - b));
});

Deno.test("help and version are words, too", () => {
  assert.equal(parseOptions(["help"], () => undefined).command, "help");
  assert.equal(parseOptions(["help", "--url", "x"], () => undefined).command, "help");
  assert.match(complaint([...URL_FLAG, "version"]), /takes flags only/);
});

Deno.test("the version can be asked for", () => {
  assert.deepEqual(parseOptions(["-V"], () => undefined), { command: "version" });
});

Deno.test("the version is the one of deno.json, and says that it runs from source", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  assert.equal(describeBuild(buildOf("2.9.6")), `k8svent ${config.version} (from source, deno 2.9.6)\n`);
});
