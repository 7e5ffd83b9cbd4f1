import assert from "node:assert/strict";
import { MARK } from "../kit/confidential.ts";
import { BOOK, bookOf, sentencesOf } from "./book.ts";
import { WRONG_FILES } from "./wrong_files.ts";

Deno.test("what is said of every wrong file stands in the golden file (deno task config:sentences writes it)", async () => {
  assert.equal(await Deno.readTextFile(BOOK), await bookOf());
});

Deno.test("every wrong file is refused, with a line and a column, in sentences that show nothing confidential", async () => {
  assert(Object.keys(WRONG_FILES).length >= 40);
  for (const [title, text] of Object.entries(WRONG_FILES)) {
    const sentences = await sentencesOf(text);
    assert(sentences.length > 0, title);
    for (const sentence of sentences) {
      const [, line, column, rest = ""] = /^[^:]+:(\d+):(\d+): (.*[.?])$/s.exec(sentence) ?? [];
      assert(rest !== "", `${title}: ${sentence}`);
      const lines = text.split("\n");
      assert(Number(line) <= lines.length, `${title}: line ${line}`);
      assert(Number(column) <= (lines[Number(line) - 1] ?? "").length + 1, `${title}: column ${column}`);
      assert(!sentence.includes(MARK), `${title}: ${sentence}`);
      assert(
        !/Invalid (type|key|length)|Expected/.test(sentence),
        `${title}: the schema's own words: ${sentence}`,
      );
    }
    assert.equal(new Set(sentences).size, sentences.length, title);
  }
});
