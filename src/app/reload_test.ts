import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import { MemoryLog } from "../../tests/kit/memory_log.ts";
import { UsageError } from "../config/usage_error.ts";
import type { Configured, Replaced } from "./operator_endpoints.ts";
import { type Compiled, Reload, SETTLED } from "./reload.ts";
import { Relist } from "./relist.ts";

const NOTHING: Replaced = { added: [], changed: [], removed: [], isListNeeded: false };

/** A file whose text names what it comes to. */
class Rig {
  readonly clock = new TestClock();
  readonly log = new MemoryLog();
  readonly relist = new Relist();
  readonly waiting: string[] = [];
  readonly stopping = new AbortController();
  readonly stop = this.stopping.signal;
  text: string | Error = "first";
  replaced: Replaced = NOTHING;
  replacements = 0;
  compiled = 0;
  /** Called while a text is looked into. */
  whileCompiling = (_text: string): void => {};
  readonly reload = new Reload({
    file: {
      path: "/etc/k8svent/k8svent.yaml",
      read: () => {
        if (this.text instanceof Error) throw this.text;
        return this.text;
      },
      compile: async (text) => {
        this.compiled++;
        this.whileCompiling(text);
        return await compile(text);
      },
    },
    endpoints: {
      replace: (_endpoints: readonly Configured[]) => {
        this.replacements++;
        return this.replaced;
      },
      notified: ["c"],
    },
    store: { commit: () => {} },
    notices: { sendAfterList: (names) => void this.waiting.push(...names) },
    ...this,
  }, "first");

  async become(text: string | Error): Promise<void> {
    this.text = text;
    await this.look();
  }

  async look(): Promise<void> {
    const looking = this.reload.check();
    await this.clock.advance(SETTLED);
    await looking;
  }

  get said(): string[] {
    return this.log.lines.splice(0).map(({ message }) => message);
  }
}

function compile(text: string): Compiled {
  if (text.startsWith("wrong")) {
    throw new UsageError(`${text}:1:1: there is no endpoint`);
  }
  const later = text === "later" ? ["interval", "listen"] : [];
  const warnings = text === "slip" ? ["k8svent.yaml:5:13: no pod has metdata"] : [];
  return { endpoints: [], later, warnings };
}

Deno.test("a file that has not changed is not looked into", async () => {
  const rig = new Rig();
  await rig.reload.check();
  assert.deepEqual([rig.compiled, rig.replacements, rig.said], [0, 0, []]);
});

Deno.test("a file that changed replaces the endpoints and says how", async () => {
  const rig = new Rig();
  rig.replaced = { added: ["c", "d"], changed: ["b"], removed: ["a"], isListNeeded: false };
  await rig.become("second");
  assert.equal(rig.replacements, 1);
  assert.deepEqual(rig.said, ["The configuration was reloaded: c and d added; b changed; a removed."]);
});

Deno.test("a list is made where pods may have entered or left a selection, and only there", async () => {
  const rig = new Rig();
  const { signal } = rig.relist;
  await rig.become("second");
  assert.equal(signal.aborted, false);
  rig.replaced = { ...NOTHING, added: ["c"], isListNeeded: true };
  await rig.become("third");
  assert.equal(signal.aborted, true);
});

Deno.test("a new endpoint with notices gets an inventory at the end of the list", async () => {
  const rig = new Rig();
  rig.replaced = { ...NOTHING, added: ["c", "d"], isListNeeded: true };
  await rig.become("second");
  assert.deepEqual(rig.waiting, ["c"]);
});

Deno.test("settings that need a restart are named", async () => {
  const rig = new Rig();
  await rig.become("later");
  assert.equal(rig.said.at(-1), "The changed settings interval and listen take effect at the next start.");
});

Deno.test("what looks like a slip is reported", async () => {
  const rig = new Rig();
  await rig.become("slip");
  assert.equal(rig.said.at(-1), "k8svent.yaml:5:13: no pod has metdata");
});

Deno.test("a wrong file keeps the rules, and is reported once until it is wrong in another way", async () => {
  const rig = new Rig();
  await rig.become("wrong");
  await rig.look();
  assert.deepEqual(rig.said, [
    "The configuration file /etc/k8svent/k8svent.yaml cannot be used: the rules from before stay. wrong:1:1: there is " +
    "no endpoint",
  ]);
  assert.equal(rig.replacements, 0);
  assert.match(rig.reload.problem ?? "", /cannot be used/);
  assert.equal(rig.reload.last.isSuccessful, false);
  await rig.become("wrong too");
  assert.equal(rig.said.length, 1);
});

Deno.test("a file that cannot be read keeps the rules, and is reported once", async () => {
  const rig = new Rig();
  const missing = new Error("There is no file.");
  await rig.become(missing);
  await rig.become(missing);
  assert.equal(rig.said.length, 1);
  assert.match(rig.reload.problem ?? "", /cannot be used/);
});

Deno.test("a file that comes back as it was is reported, and replaces nothing", async () => {
  const rig = new Rig();
  await rig.become(new Error("There is no file."));
  await rig.become("first");
  assert.equal(rig.said.at(-1), "The configuration file can be used again, and says what it said before.");
  assert.equal(rig.replacements, 0);
  assert.equal(rig.reload.problem, undefined);
  assert.equal(rig.reload.last.isSuccessful, true);
});

Deno.test("a file that is wrong and then right is in force", async () => {
  const rig = new Rig();
  await rig.become("wrong");
  await rig.become("second");
  assert.equal(rig.replacements, 1);
  assert.equal(rig.reload.problem, undefined);
});

Deno.test("half a file, which may look whole, is not in force: it is waited for until it stays the same", async () => {
  const rig = new Rig();
  const texts: string[] = [];
  rig.whileCompiling = (text) => void texts.push(text);
  rig.text = "sec";
  const looking = rig.reload.check();
  for (const text of ["secon", "", "second"]) {
    await rig.clock.advance(SETTLED - 1);
    rig.text = text;
    await rig.clock.advance(1);
  }
  await rig.clock.advance(SETTLED);
  await looking;
  assert.deepEqual(texts, ["second"]);
});

Deno.test("a file that is gone for a moment and comes back as it was is not reported", async () => {
  const rig = new Rig();
  rig.text = new Error("There is no file.");
  const looking = rig.reload.check();
  rig.text = "first";
  await rig.clock.advance(SETTLED);
  await looking;
  assert.deepEqual([rig.compiled, rig.said, rig.reload.problem], [0, [], undefined]);
});

Deno.test("the end of the program does not wait for a file that is being written", async () => {
  const rig = new Rig();
  rig.text = "sec";
  const looking = rig.reload.check();
  rig.stopping.abort();
  await looking;
  assert.deepEqual([rig.compiled, rig.clock.pending], [0, 0]);
});

Deno.test("of two looks at a time one is made", async () => {
  const rig = new Rig();
  rig.text = "second";
  await Promise.all([rig.look(), rig.reload.check()]);
  assert.equal(rig.compiled, 1);
});

Deno.test("while the program ends the file is not read, and one that is being read then changes nothing", async () => {
  const rig = new Rig();
  rig.whileCompiling = () => rig.stopping.abort();
  await rig.become("second");
  assert.deepEqual([rig.compiled, rig.replacements], [1, 0]);
  await rig.become("third");
  assert.deepEqual([rig.compiled, rig.replacements, rig.said], [1, 0, []]);
});
