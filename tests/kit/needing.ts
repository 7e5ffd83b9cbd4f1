import { counted } from "../../src/runtime/wording.ts";
import { run } from "./command.ts";

/** Names the file that skipped tests are written to, a JSON line each, for whoever runs them all (`tests/run.ts`). */
export const SKIPPED = "K8SVENT_TEST_SKIPPED";

/** A test that was left out. */
export interface Skipped {
  name: string;
  /** What the machine lacks, as a sentence. */
  lacks: string;
}

/**
 * Registers a test that needs something which not every machine has: skipped where it is not there. `deno task test`
 * says so once, at the end; by itself, each test says it on stderr. With CI=true it fails instead, because a gate that
 * skips is no gate.
 *
 * @param lacks what the machine lacks, as a sentence; undefined: nothing
 */
export function testNeeding(
  lacks: string | undefined,
  name: string,
  fn: (context: Deno.TestContext) => Promise<void>,
): void {
  if (lacks === undefined) return Deno.test(name, fn);
  if (Deno.env.get("CI") === "true") {
    return Deno.test(name, () => {
      throw new Error(`This test must run in CI, but ${lacks}`);
    });
  }
  const file = Deno.env.get(SKIPPED);
  if (file === undefined) {
    Deno.stderr.writeSync(new TextEncoder().encode(`SKIPPED: "${name}": ${lacks}\n`));
  } else {
    Deno.writeTextFileSync(file, `${JSON.stringify({ name, lacks })}\n`, { append: true });
  }
  Deno.test({ name, fn, ignore: true });
}

/** What the machine lacks where a program does not run: `why`; undefined: it runs. */
export async function lacksProgram(
  program: string,
  args: string[],
  why: string,
): Promise<string | undefined> {
  return await run(program, args).then(() => undefined, () => why);
}

/** What is said at the end: how many tests were skipped, why, and what installs everything. Empty: none was. */
export function explainSkipped(skipped: Skipped[]): string {
  if (skipped.length === 0) return "";
  const reasons = Map.groupBy(skipped, ({ lacks }) => lacks);
  return [
    `${counted(skipped.length, "test")} skipped, because this machine lacks something:`,
    ...[...reasons].map(([lacks, tests]) => `  ${counted(tests.length, "test")}: ${lacks}`),
    "To have everything: sudo tests/install.sh on Debian or Ubuntu, then run the tests as root.",
    "Anywhere else, use the container that .devcontainer/Dockerfile describes. See CONTRIBUTING.md.",
    "",
  ].join("\n");
}
