/** Writes `messages.md` anew from what the program says now: `deno task messages [WORDS OF A TITLE]`. */
import { BOOK, bookOf, type Entry, faultsOf, pageOf, provokeAll, soon } from "./book.ts";

const before = await Deno.readTextFile(BOOK).catch(() => "");
const isRight = (entry: Entry): boolean =>
  soon(entry.met.milliseconds) === "at once" || before.includes(`\n${pageOf(entry)}`);
const entries = await provokeAll(isRight, Deno.args.join(" "));
await Deno.writeTextFile(BOOK, bookOf(entries, before));
const faults = entries.flatMap(faultsOf);
const encoder = new TextEncoder();
for (const fault of faults) Deno.stderr.writeSync(encoder.encode(`${fault}\n`));
Deno.stderr.writeSync(encoder.encode(`provoked: ${entries.length}, faults: ${faults.length}\n`));
Deno.exit(faults.length === 0 ? 0 : 1);
