/**
 * Registers a test that needs something which not every machine has: skipped, and said so on stderr, where it is
 * not there. With CI=true it fails instead, because a gate that skips is no gate.
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
  Deno.stderr.writeSync(new TextEncoder().encode(`SKIPPED: "${name}": ${lacks}\n`));
  Deno.test({ name, fn, ignore: true });
}
