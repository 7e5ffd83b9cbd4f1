import assert from "node:assert/strict";
import {
  complaint,
  forever,
  keyringOf,
  open,
  type Reply,
  type Script,
} from "../../tests/kit/scripted_registry.ts";

const TAGS = "https://r.example.com/v2/team/k8svent/tags/list?n=1000";
const MINE = keyringOf("r.example.com", "me:word");
const BASIC = `Basic ${btoa("me:word")}`;

Deno.test("tags come page by page, by relative and by absolute links", async () => {
  const pages: Record<string, Reply> = {
    [TAGS]: { body: { tags: ["1"] }, headers: { link: '</v2/team/k8svent/tags/list?last=1>; rel="next"' } },
    "https://r.example.com/v2/team/k8svent/tags/list?last=1": {
      body: { tags: ["2"] },
      headers: { link: '<https://r.example.com/more?a=1,2&b=2>; type="x"; rel=next' },
    },
    "https://r.example.com/more?a=1,2&b=2": { body: { tags: null } },
  };
  const { registry, asked } = open((url) => pages[url] ?? { status: 404 });
  assert.deepEqual(await registry.tags(forever), ["1", "2"]);
  assert.equal(asked.length, 3);
});

/** A registry whose pages are these tags, by the query that each is asked with; a link is to the query after it. */
function paged(pages: Record<string, [tags: string[], link?: string]>): Script {
  return (url) => {
    const [tags, link] = pages[new URL(url).search] ?? [];
    return tags === undefined
      ? { status: 404 }
      : { body: { tags }, ...link !== undefined && { headers: { link } } };
  };
}

const LINKS: [what: string, link: string][] = [
  ["relative to the page", '<?last=1>; rel="next"'],
  ["relative to the host", '</v2/team/k8svent/tags/list?last=1>; rel="next"'],
  ["absolute", '<https://r.example.com/v2/team/k8svent/tags/list?last=1>; rel="next"'],
  ["by http", '<http://r.example.com/v2/team/k8svent/tags/list?last=1>; rel="next"'],
  ["at another port", '<http://r.example.com:5000/v2/team/k8svent/tags/list?last=1>; rel="next"'],
  ["at a host inside", '<http://registry.internal:8080/v2/team/k8svent/tags/list?last=1>; rel="next"'],
  ["at a host without a scheme", '<//cdn.example.com/v2/team/k8svent/tags/list?last=1>; rel="next"'],
  ["in upper case", "</v2/team/k8svent/tags/list?last=1>; REL=NEXT"],
  ["with other parameters", '</v2/team/k8svent/tags/list?last=1>; title="a, b; c"; rel="next"; type=x'],
  ["after others", '</x>; rel="first", </v2/team/k8svent/tags/list?last=1>; rel="next last"'],
];

for (const [what, link] of LINKS) {
  Deno.test(`a link ${what} is followed at the host that was asked`, async () => {
    const { registry, asked } = open(paged({ "?n=1000": [["1"], link], "?last=1": [["2"]] }));
    assert.deepEqual(await registry.tags(forever), ["1", "2"]);
    assert.deepEqual(asked, [TAGS, "https://r.example.com/v2/team/k8svent/tags/list?last=1"]);
  });
}

for (const status of [400, 404, 405]) {
  Deno.test(`a link to a path that the host does not have (${status}) is followed by its query alone`, async () => {
    const link = '<http://r.example.com:5000/repository/proxy/v2/team/k8svent/tags/list?last=1>; rel="next"';
    const { registry, asked } = open((url) => {
      if (url.includes("/repository/")) return { status };
      return paged({ "?n=1000": [["1"], link], "?last=1": [["2"]] })(url, undefined);
    });
    assert.deepEqual(await registry.tags(forever), ["1", "2"]);
    assert.equal(asked.length, 3);
  });
}

Deno.test("credentials go along to no other host than the registry's, wherever its links lead", async () => {
  const link = '<https://evil.example.com/v2/team/k8svent/tags/list?last=1>; rel="next"';
  const pages = paged({ "?n=1000": [["1"], link], "?last=1": [["2"]] });
  const { registry, asked } = open((url, given) => {
    return given === BASIC ? pages(url, given) : { status: 401, headers: { "www-authenticate": "Basic" } };
  }, { keyring: MINE });
  assert.deepEqual(await registry.tags(forever), ["1", "2"]);
  assert(asked.every((url) => url.startsWith("https://r.example.com/")));
});

const ENDS: [what: string, pages: Record<string, [string[], string?]>, tags: string[]][] = [
  [
    "an empty page with a link is not the last one",
    { "?n=1000": [[], "<?a>; rel=next"], "?a": [["1"]] },
    ["1"],
  ],
  ["a last page is empty", { "?n=1000": [["1"], "<?a>; rel=next"], "?a": [[]] }, ["1"]],
  ["a last page has a link to itself", {
    "?n=1000": [["1"], "<?a>; rel=next"],
    "?a": [["2"], "<?a>; rel=next"],
  }, [
    "1",
    "2",
  ]],
  ["an only page has a link to itself", { "?n=1000": [["1"], "<?n=1000>; rel=next"] }, ["1"]],
  ["a last page is empty and has a link to itself", {
    "?n=1000": [["1"], "<?a>; rel=next"],
    "?a": [[], "<?a>; rel=next"],
  }, ["1"]],
  ["tags are repeated from page to page", { "?n=1000": [["2", "1"], "<?a>; rel=next"], "?a": [["1", "3"]] }, [
    "2",
    "1",
    "3",
  ]],
];

for (const [what, pages, tags] of ENDS) {
  Deno.test(`the list of tags is whole where ${what}`, async () => {
    assert.deepEqual(await open(paged(pages)).registry.tags(forever), tags);
  });
}

const CIRCLES: [what: string, pages: Record<string, [string[], string?]>][] = [
  ["pages that go round in a circle", {
    "?n=1000": [["1"], "<?a>; rel=next"],
    "?a": [["2"], "<?n=1000>; rel=next"],
  }],
  ["a page that comes again and again, whatever is asked for", {
    "?n=1000": [["1"], "<?a>; rel=next"],
    "?a": [["1"], "<?a>; rel=next"],
  }],
];

for (const [what, pages] of CIRCLES) {
  Deno.test(`${what} end in an error`, async () => {
    assert.equal(
      await complaint(open(paged(pages))),
      "protocol: the registry r.example.com repeats a page of its tags",
    );
  });
}

for (const status of [400, 403, 405, 413, 414, 416, 422, 500]) {
  Deno.test(`where a thousand tags at once are refused (${status}), fewer are asked for`, async () => {
    const hundred = open((url) => url.includes("n=1000") ? { status } : { body: { tags: ["1"] } });
    assert.deepEqual(await hundred.registry.tags(forever), ["1"]);
    const any = open((url) => url.includes("n=") ? { status } : { body: { tags: ["1"] } });
    assert.deepEqual(await any.registry.tags(forever), ["1"]);
    assert.equal(any.asked.filter((url) => url.includes("/tags/list")).length, 3);
  });
}

/** As many tags as are asked for, and no link to the others: the specification allows it. */
function withoutLinks(all: string[], answer: (query: URLSearchParams) => Reply | undefined): Script {
  return (url) => {
    const query = new URL(url).searchParams;
    const from = all.indexOf(query.get("last") ?? "") + 1;
    return answer(query) ?? { body: { tags: all.slice(from, from + Number(query.get("n") ?? all.length)) } };
  };
}

const MANY = Array.from({ length: 2_300 }, (_, patch) => `1.0.${String(patch).padStart(4, "0")}`);

Deno.test("a registry that gives no links is asked for what is behind the last tag, until a page is not full", async () => {
  const { registry, asked } = open(withoutLinks(MANY, () => undefined));
  assert.deepEqual(await registry.tags(forever), MANY);
  assert.deepEqual(asked, [TAGS, `${TAGS}&last=1.0.0999`, `${TAGS}&last=1.0.1999`]);
});

const FULL: [
  what: string,
  tags: string[],
  answer: (query: URLSearchParams) => Reply | undefined,
  asked: number,
][] = [
  ["a page is full by chance", MANY.slice(0, 1_000), () => undefined, 2],
  [
    "the last tag is not looked at",
    MANY.slice(0, 1_000),
    () => ({ body: { tags: MANY.slice(0, 1_000) } }),
    2,
  ],
  [
    "the last tag is refused",
    MANY.slice(0, 1_000),
    (query) => query.has("last") ? { status: 400 } : undefined,
    2,
  ],
  ["the number is not looked at", MANY, () => ({ body: { tags: MANY } }), 1],
  [
    "only a hundred are given at once",
    MANY.slice(0, 250),
    (query) => query.get("n") === "1000" ? { status: 405 } : undefined,
    4,
  ],
];

for (const [what, tags, answer, count] of FULL) {
  Deno.test(`the list of tags is whole without links where ${what}`, async () => {
    const { registry, asked } = open(withoutLinks(tags, answer));
    assert.deepEqual(await registry.tags(forever), tags);
    assert.equal(asked.length, count);
  });
}

Deno.test("a registry that fails in the midst of a list without links is not taken for complete", async () => {
  const opened = open(withoutLinks(MANY, (query) => query.has("last") ? { status: 503 } : undefined));
  assert.match(await complaint(opened), /^unreachable: /);
});

Deno.test("more tags than any image has are not gathered for ever", async () => {
  let page = 0;
  const tags = Array.from({ length: 30_000 }, (_, tag) => `t${tag}`);
  const opened = open(() => ({ body: { tags }, headers: { link: `<?page=${++page}>; rel="next"` } }));
  assert.match(await complaint(opened), /^protocol: .* has more than 100000 tags of this image$/);
});

Deno.test("a page of a million tags ends in an error, not in a fault of the program", async () => {
  const opened = open(() => ({ body: { tags: new Array(1_000_000).fill("") } }));
  assert.match(await complaint(opened), /^protocol: .* has more than 100000 tags of this image$/);
});

Deno.test("pages without an end end in an error, though there is nothing on them", async () => {
  let page = 0;
  const opened = open(() => ({ body: { tags: [] }, headers: { link: `<?page=${++page}>; rel="next"` } }));
  assert.match(await complaint(opened), /^protocol: .* has more than 2000 pages of tags$/);
});

Deno.test("a login page in place of tags is reported as a web page", async () => {
  const opened = open(() => ({ body: "<html>", headers: { "content-type": "text/html; charset=utf-8" } }));
  assert.equal(
    await complaint(opened),
    "protocol: the registry r.example.com does not answer with a list of tags, but with a web page",
  );
});

for (
  const body of [{ tags: null }, { name: "team/k8svent" }, { name: "team/k8svent", tags: null }, { tags: [] }]
) {
  Deno.test(`${JSON.stringify(body)} has no tags`, async () => {
    assert.deepEqual(await open(() => ({ body })).registry.tags(forever), []);
  });
}
