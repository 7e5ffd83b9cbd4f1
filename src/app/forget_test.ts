import assert from "node:assert/strict";
import { MemoryLog } from "../tests/kit/memory_log.ts";
import { owe } from "../tests/kit/owed.ts";
import { openTestStore } from "../tests/kit/store.ts";
import { type Options, parseOptions } from "./cli/options.ts";
import { forgetRemovedEndpoints } from "./forget.ts";

function optionsOf(...args: string[]): Options {
  const options = parseOptions(args, () => undefined);
  assert.equal(options.command, "run");
  return options as Options;
}

function forgottenBy(...args: string[]): { left: string[]; owed: string[]; said: string[] } {
  const store = openTestStore();
  const log = new MemoryLog();
  try {
    for (const name of ["web-0", "web-1"]) owe(store.outbox, "old", { name });
    owe(store.outbox, "kept");
    owe(store.outbox, "pod:team.example.com-12345678");
    store.endpoints.lost("quiet");
    forgetRemovedEndpoints(store, optionsOf(...args), log);
    return { left: store.endpoints.names().sort(), owed: store.outbox.endpoints(), said: log.at("info") };
  } finally {
    store.close();
  }
}

const KEPT = ["--url", "kept=https://kept.example.com/"];

Deno.test("an endpoint that is no longer configured is forgotten with what it is owed, and a line says so", () => {
  const { left, said } = forgottenBy(...KEPT, "--pod-webhooks", "team.example.com");
  assert.deepEqual(left, ["kept", "pod:team.example.com-12345678"]);
  assert.deepEqual(said, [
    "Endpoint old is no longer configured: it is forgotten, and 2 messages that it was owed.",
    "Endpoint quiet is no longer configured: it is forgotten, and 0 messages that it was owed.",
  ]);
});

Deno.test("endpoints of annotations stay as long as annotations are honoured", () => {
  assert.deepEqual(forgottenBy(...KEPT).left, ["kept"]);
  assert.deepEqual(forgottenBy(...KEPT, "--pod-webhooks", "other.example.com").owed, [
    "kept",
    "pod:team.example.com-12345678",
  ]);
});
