/** Writes `wrong_files.md` anew from what the program says now: `deno task config:sentences`. */
import { BOOK, bookOf } from "./book.ts";

await Deno.writeTextFile(BOOK, await bookOf());
