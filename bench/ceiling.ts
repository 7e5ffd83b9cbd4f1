import { manifest } from "./manifest.ts";
import type { ReceiverProcess } from "./receiver_process.ts";

const REQUESTS = 10_000;
const AT_ONCE = 16;

/** How many deliveries of such pods a second the receiver takes from somebody who does nothing but post them. */
export async function measureCeiling(receiver: ReceiverProcess): Promise<number> {
  await receiver.reset();
  const { pod, status } = manifest(0);
  const body = new TextEncoder().encode(JSON.stringify({ pod: { ...pod, status } }));
  const [url = ""] = receiver.endpoints(1).urls;
  let left = REQUESTS;
  const start = performance.now();
  const worker = async (): Promise<void> => {
    while (left-- > 0) await (await fetch(url, { method: "POST", body })).body?.cancel();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return REQUESTS / ((performance.now() - start) / 1_000);
}
