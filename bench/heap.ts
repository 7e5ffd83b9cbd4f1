/**
 * A heap snapshot of a running program, for the developer tools of a browser (Memory, Load). The program has to have
 * been started with an inspector, which only this machine can reach:
 *
 *   deno run -P --inspect=127.0.0.1:9229 main.ts ...
 *   deno run --allow-net=127.0.0.1:9229 --allow-write=heap.heapsnapshot bench/heap.ts 127.0.0.1:9229 heap.heapsnapshot
 *
 * Taking it collects garbage first and stops the program for a second or two. The file holds the pods that are in
 * memory, and the secrets: keep it as you keep those.
 */
import { say } from "../build/command.ts";

const [host, file] = Deno.args;
if (host === undefined || file === undefined) {
  say("Give the inspector's address and a file: bench/heap.ts 127.0.0.1:9229 heap.heapsnapshot");
  Deno.exit(2);
}
const pieces = await takeSnapshot(host);
await Deno.writeTextFile(file, pieces.join(""));
say(`${file}: ${pieces.reduce((sum, { length }) => sum + length, 0).toLocaleString("en")} characters`);

/** The snapshot's JSON, in the pieces that the inspector sends (Chrome DevTools Protocol, domain HeapProfiler). */
async function takeSnapshot(host: string): Promise<string[]> {
  const [target] = await (await fetch(`http://${host}/json/list`)).json();
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const pieces: string[] = [];
  socket.onerror = () => reject(new Error("The inspector closed the connection."));
  socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: "HeapProfiler.takeHeapSnapshot" }));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.method === "HeapProfiler.addHeapSnapshotChunk") pieces.push(message.params.chunk);
    if (message.id === 1) resolve(pieces);
  };
  try {
    return await promise;
  } finally {
    socket.close();
  }
}
