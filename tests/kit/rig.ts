/** What a test works with. */
interface Rig {
  /** Ends what was begun for it. Called also where the test has failed. */
  end(): void | Promise<void>;
}

/** Registers a test that has a rig of its own. */
export type TestWith<R> = (name: string, test: (rig: R) => void | Promise<void>) => void;

/**
 * Gives what registers tests, each of which has a rig of its own.
 *
 * @param prefix of their names
 */
export function testsWith<R extends Rig>(make: () => R, prefix = ""): TestWith<R> {
  return (name, test) =>
    Deno.test(prefix + name, async () => {
      const rig = make();
      try {
        await test(rig);
      } finally {
        await rig.end();
      }
    });
}
