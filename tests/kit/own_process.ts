import { fileURLToPath } from "node:url";

/** Names, for the process that is to run it, the one test that has it to itself. */
const NAME = "K8SVENT_TEST_ALONE";

/**
 * Gives what registers tests that change what a whole process has once, such as a variable of the environment.
 * Test files that run side by side are threads of one process, so each such test is run by a `deno test` of its own.
 *
 * @param file `import.meta.url` of the file that calls
 */
export function testInOwnProcess(file: string): (name: string, test: () => Promise<void>) => void {
  return (name, test) => register(file, name, test);
}

function register(file: string, name: string, test: () => Promise<void>): void {
  if (Deno.env.get(NAME) === name) return Deno.test(name, test);
  Deno.test(name, async () => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-q", "-P=test", "--no-check", "--filter", name, fileURLToPath(file)],
      env: { [NAME]: name, NO_COLOR: "1" },
      stdin: "null",
    }).output();
    const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    // A name that matches nothing is no failure to the runner.
    if (!success || !/\b1 passed/.test(output)) throw new Error(output);
  });
}
