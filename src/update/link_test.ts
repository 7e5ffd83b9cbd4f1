import assert from "node:assert/strict";
import fc from "fast-check";
import { nextPage } from "./link.ts";

const PAGE = new URL("https://r.example.com/v2/k8svent/tags/list?n=1");

const HEADERS: [string | null, string | undefined][] = [
  [null, undefined],
  ["", undefined],
  ['<?last=1>; rel="next"', "https://r.example.com/v2/k8svent/tags/list?last=1"],
  ['</v2/x?last=1>; rel="next"', "https://r.example.com/v2/x?last=1"],
  ["<https://other.example.com/x>;REL=next", "https://other.example.com/x"],
  ['</a?b=1,2;c>; title="x"; rel="next"', "https://r.example.com/a?b=1,2;c"],
  ['</a>; rel="prev", </b>; rel="next"', "https://r.example.com/b"],
  ['</a>; rel="next", </b>; rel="last"', "https://r.example.com/a"],
  ['</a>; title="x, <y>; z"; rel="next"', "https://r.example.com/a"],
  ["</a>; rel='next'", "https://r.example.com/a"],
  ['</a>; rel="last next"', "https://r.example.com/a"],
  ["</a> ; Rel = NEXT ; n=1", "https://r.example.com/a"],
  ['</a>; n; rel*=x; rel="next"', "https://r.example.com/a"],
  ["</a> rel=next", undefined],
  ['</a>; rel="nextpage"', undefined],
  ['</a>; rel="prev"; title="rel=next"', undefined],
  ['</a>; rel="prev"', undefined],
  ["</a>", undefined],
  ["</docs>; type=text/html", undefined],
  // Docker's clients and skopeo take any link, whatever it says, and with or without brackets.
  ["</v2/x/tags/list?last=1>", "https://r.example.com/v2/x/tags/list?last=1"],
  ["<?last=1>", "https://r.example.com/v2/k8svent/tags/list?last=1"],
  ["</v2/x/tags/list?last=1>; title=x", "https://r.example.com/v2/x/tags/list?last=1"],
  ['</v2/x/tags/list?last=1>; rel="prev"', undefined],
  ['</v2/x/tags/list?last=1>, </b>; rel="next"', "https://r.example.com/b"],
  ["</v2/x/tags/list>", undefined],
  ['/v2/x/tags/list?last=1; rel="next"', "https://r.example.com/v2/x/tags/list?last=1"],
  ["https://other.example.com/v2/x/tags/list?last=1", "https://other.example.com/v2/x/tags/list?last=1"],
  ["?last=1 ; REL=next", "https://r.example.com/v2/k8svent/tags/list?last=1"],
  ['/v2/x/tags/list?last=1; rel="prev"', undefined],
  ["next", undefined],
  ['<https://>; rel="next"', undefined],
];

for (const [header, next] of HEADERS) {
  Deno.test(`the page after ${header} is ${next}`, () => assert.equal(nextPage(header, PAGE)?.href, next));
}

Deno.test("any header is read to an end", () => {
  const part = fc.constantFrom("<", ">", ";", ",", " ", "rel", "=", '"', "next", "x");
  fc.assert(fc.property(fc.array(part).map((parts) => parts.join("")), (header) => {
    nextPage(header, PAGE);
  }));
});

for (
  const part of ["<", "<>", "<> ;", "/", "/;", "<>;a ", "<>; a=", "<>;", ";", "<> ", "<>;rel ", "<>; rel="]
) {
  Deno.test(`a header of 200,000 times "${part}" holds nobody up`, () => {
    assert.equal(nextPage(part.repeat(200_000), PAGE), undefined);
  });
}
