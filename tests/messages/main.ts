/** Writes `messages.md` anew from what the program says now. */
import { BOOK, bookOf, faultsOf, pageOf, provokeAll, soon } from "./book.ts";

const before = await Deno.readTextFile(BOOK).catch(() => "");
const entries = await provokeAll((entry) =>
  soon(entry.met.milliseconds) === "at once" || before.includes(`\n${pageOf(entry)}`)
);
await Deno.writeTextFile(BOOK, bookOf(entries));
const faults = entries.flatMap(faultsOf);
const encoder = new TextEncoder();
for (const fault of faults) Deno.stderr.writeSync(encoder.encode(`${fault}\n`));
Deno.stderr.writeSync(encoder.encode(`${entries.length} situations, ${faults.length} faults\n`));
Deno.exit(faults.length === 0 ? 0 : 1);
