import { SECRET, webhook } from "./confidential.ts";
import { type Program, startProgram } from "./program.ts";
import { type Delivery, Receiver } from "./receiver.ts";

/** The real program and the receiver that it delivers to, signed. */
export interface Delivering extends AsyncDisposable {
  program: Program;
  receiver: Receiver;
}

/** Starts both; at the log's level `debug`, which also has what is not said to people again. */
export async function startDelivering(
  args: string[],
  env: Record<string, string> = {},
): Promise<Delivering> {
  const receiver = await Receiver.start({ secrets: [SECRET] });
  const program = await startProgram({
    args: [...args, "--log-level", "debug", "--secret", SECRET, "--url", webhook("a", receiver)],
    env,
  });
  const dispose = async (): Promise<void> => {
    await receiver.close();
    await program[Symbol.asyncDispose]();
  };
  return { program, receiver, [Symbol.asyncDispose]: dispose };
}

/** Whether it tells of the end of a pod. */
export function isDeletion({ headers }: Delivery): boolean {
  return headers["k8svent-event"] === "pod.deleted";
}
