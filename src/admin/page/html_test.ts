import assert from "node:assert/strict";
import { html } from "./html.ts";

Deno.test("what is put into a piece is text, or an attribute's value, whatever stands in it", () => {
  const odd = `<script>alert("1 & '2'")</script>`;
  const escaped = "&#60;script&#62;alert(&#34;1 &#38; &#39;2&#39;&#34;)&#60;/script&#62;";
  assert.equal(String(html`<p title="${odd}">${odd}</p>`), `<p title="${escaped}">${escaped}</p>`);
});

Deno.test("a piece in a piece stays as it is, and so do those of a list", () => {
  assert.equal(
    String(html`<ul>${["a", "<b>"].map((one) => html`<li>${one}</li>`)}</ul>`),
    "<ul><li>a</li><li>&#60;b&#62;</li></ul>",
  );
});

Deno.test("undefined and false are nothing, 0 and an empty text are what they are", () => {
  assert.equal(String(html`[${undefined}${false}${0}${""}]`), "[0]");
});

Deno.test("what turns the direction of writing is shown and turns nothing, in text and in attributes", () => {
  const note = JSON.stringify({ note: "\u202egpj.exe\u2066\u061c \u05e9\u05dc\u05d5\u05dd" });
  const shown = String(html`<p title="${note}">${note}</p>`).replaceAll("&#34;", '"');
  assert.doesNotMatch(shown, /\p{Bidi_Control}/u);
  const [, text = ""] = />(.*)</.exec(shown) ?? [];
  assert.deepEqual(JSON.parse(text), JSON.parse(note));
  assert.match(text, /\u05e9\u05dc\u05d5\u05dd/);
});
