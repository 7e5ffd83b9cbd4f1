import assert from "node:assert/strict";
import { delivery, endpointStatus, FakeAdmin } from "../../../tests/kit/admin.ts";
import { PageRig, readable } from "../../../tests/kit/page.ts";
import { REASONS } from "../../change/reasons.ts";
import { OUTCOME_CLASSES } from "../../delivery/tally.ts";
import { indented } from "./delivery.ts";
import { openPage } from "./page.ts";

/** Every kind of page of a `FakeAdmin`. */
const PATHS = [
  "/",
  "/endpoints",
  "/endpoints?condition=failing",
  "/endpoints/hook",
  "/endpoints/slow?state=failed",
  "/endpoints/slow/discard",
  "/endpoints/slow/discard?id=pod_2",
  "/endpoints/slow/deliveries/pod_2",
  "/dead-letters",
  "/pods",
  "/pods/shop/web-1",
];

function open(change: (admin: FakeAdmin) => void = () => {}): { admin: FakeAdmin; page: PageRig } {
  const admin = new FakeAdmin();
  change(admin);
  return { admin, page: new PageRig(admin) };
}

Deno.test("the first page says that the program is ready, and what it follows", async () => {
  const text = readable(await open().page.read("/"));
  assert.match(text, /^Cluster Ready /);
  assert.match(text, /API server https:\/\/cluster\.example\.com:6443 Followed by watch Namespaces all/);
  assert.match(text, /Restarts 2 × ended Pods/);
  assert.match(text, /phase [\d ]*9 ready|ready 27 phase 9/);
});

Deno.test("the first page says why the program is not ready, and what does not work", async () => {
  const { page } = open(({ state }) => {
    state.isReady = false;
    state.problems = ["The pods were not listed yet."];
    state.notes = ["The state file cannot be written."];
    state.store = { isHealthy: false, fault: "the disk is full", bytes: 1_500_000, isKept: true };
    state.configuration = {
      isValid: false,
      checkedAt: "2026-11-27T12:00:00Z",
      problem: "line 3: no such key",
    };
  });
  const text = readable(await page.read("/"));
  assert.match(text, /^Cluster Not ready The pods were not listed yet\. The state file cannot be written\./);
  assert.match(text, /Cannot be written Why the disk is full Size 1\.4 MiB/);
  assert.match(text, /Not valid: the last valid one is in use Why line 3: no such key Read 3 min ago/);
});

Deno.test("one namespace is named, and several have a row each", async () => {
  const scope = { isListed: true, silentSeconds: 3, resourceVersion: "4711" };
  const one = open(({ state }) => state.source.scopes = [{ ...scope, namespace: "shop" }]);
  assert.match(
    readable(await one.page.read("/")),
    /Namespaces shop Listed yes Silent for 3 s Resource version 4711/,
  );
  const two = open(({ state }) => {
    state.source.scopes = [{ ...scope, namespace: "shop" }, {
      namespace: "till",
      isListed: false,
      silentSeconds: 90,
    }];
  });
  const text = readable(await two.page.read("/"));
  assert.match(text, /Namespaces 2 Listed 1 of 2 Silent for 90 s/);
  assert.match(text, /shop yes 3 s 4711 till not yet 90 s/);
});

Deno.test("an endpoint's row has its condition, what is pending, its last error in words and the next try", async () => {
  const text = readable(await open().page.read("/endpoints"));
  assert.match(
    text,
    /slow https:\/\/slow\.example\.com Failing 3 oldest 90 s 1 10 ms \/ 0\.2 s 120 delivered/,
  );
  assert.match(text, /it answered 503 3 min ago now Pause$/);
});

Deno.test("endpoints can be chosen by their condition", async () => {
  const { page } = open();
  const failing = readable(await page.read("/endpoints?condition=failing"));
  assert.match(failing, /All 2 OK 1 Failing 1 Endpoint/);
  assert.doesNotMatch(failing, /hook/);
  assert.match(
    readable(await page.read("/endpoints?condition=paused")),
    /Paused 0 No endpoint is in this condition\.$/,
  );
});

Deno.test("without an endpoint each list says so", async () => {
  const { page } = open((admin) => {
    admin.shown = [];
    admin.state.deadLetters = 0;
  });
  assert.match(readable(await page.read("/")), /Endpoints no endpoints Pending/);
  assert.match(readable(await page.read("/endpoints")), /There is no endpoint: name one with --url/);
  assert.match(readable(await page.read("/dead-letters")), /There is no dead letter\.$/);
});

Deno.test("an endpoint that nothing was sent to has a page", async () => {
  const { page } = open((admin) => {
    const { lag: _, lastDeliveredAt: __, ...rest } = endpointStatus("new");
    admin.shown = [{ ...rest, delivered: 0, history: [] }];
  });
  const text = readable(await page.read("/endpoints/new"));
  assert.match(text, /^new OK Pause https:\/\/new\.example\.com Now Pending 0 In flight 0 of 16 at a time/);
  assert.match(text, /Nothing was sent yet\./);
  assert.match(readable(await page.read("/endpoints/new?state=pending")), /Nothing is pending\./);
  assert.match(readable(await page.read("/endpoints/new?state=failed")), /There is no dead letter\./);
});

Deno.test("200 endpoints are a page of less than half a megabyte", async () => {
  const { page } = open((admin) => {
    admin.shown = Array.from({ length: 200 }, (_, index) => ({
      ...endpointStatus(`endpoint-${index}`),
      history: Array.from(
        { length: 60 },
        (_, minute) => ({ delivered: minute * 17 % 50, failed: minute % 3 }),
      ),
    }));
  });
  const text = await page.read("/endpoints");
  assert.equal(text.match(/data-key="endpoint-/g)?.length, 200);
  assert.ok(text.length < 700_000, `${text.length} characters`);
});

Deno.test("a failing, a paused and a disabled endpoint say what that means", async () => {
  const { admin, page } = open();
  const slow = admin.endpoint("slow");
  assert.ok(slow);
  const meaning = async (): Promise<string> => readable(await page.read("/endpoints/slow"));
  assert.match(
    await meaning(),
    /Its circuit is open\. Last error, 3 min ago: it answered 503\. Next try: now\./,
  );
  slow.condition = "paused";
  assert.match(await meaning(), /^slow Paused Resume .* An operator has paused it\./);
  slow.condition = "disabled";
  assert.match(await meaning(), /^slow Disabled Resume .* It answered 410 Gone/);
});

Deno.test("deliveries are chosen by what stands in the address, and the form shows it", async () => {
  const { page } = open((admin) => {
    admin.kept = [
      delivery("hook", "one", "delivered"),
      {
        ...delivery("hook", "two", "pending"),
        pod: { namespace: "till", name: "a", uid: "u", resourceVersion: "1" },
      },
    ];
  });
  const text = await page.read(
    "/endpoints/hook?state=pending&namespace=till&pod=a&reason=ready&outcome=http_4xx",
  );
  assert.match(text, /deliveries\/two"/);
  assert.doesNotMatch(text, /deliveries\/one"/);
  assert.match(text, /name="namespace"\s+value="till"/);
  assert.match(text, /<option value="ready" +selected="">/);
  assert.match(text, /<option value="http_4xx" +selected="">/);
  assert.match(text, /<input type="hidden" name="state" value="pending">/);
  assert.match(
    readable(await page.read("/endpoints/hook?pod=b")),
    /No delivery fits, of those that are kept: the last ones, and what is pending\./,
  );
});

Deno.test("every reason and every outcome can be chosen", async () => {
  const text = await open().page.read("/endpoints/hook");
  for (const one of [...REASONS, ...OUTCOME_CLASSES]) {
    assert.ok(text.includes(`<option value="${one}" >`), one);
  }
});

Deno.test("parameters that mean nothing are passed over", async () => {
  const { page } = open();
  const text = readable(
    await page.read("/endpoints/hook?state=constructor&reason=nonsense&outcome=nonsense&limit=1e9&x=y"),
  );
  assert.match(text, /1 delivery/);
});

Deno.test("100 deliveries are shown at first, then 300 and 1,000 by a link", async () => {
  const { page } = open((admin) => {
    admin.kept = Array.from({ length: 1_000 }, (_, index) => delivery("hook", `id-${index}`, "delivered"));
  });
  const first = await page.read("/endpoints/hook?reason=ready");
  assert.equal(first.match(/data-key="hook id-/g)?.length, 100);
  assert.match(readable(first), /100 of 1,000 deliveries\. Show 200 more/);
  assert.match(first, /href="\/endpoints\/hook\?reason=ready&#38;limit=300"/);
  const all = await page.read("/endpoints/hook?limit=1000");
  assert.equal(all.match(/data-key="hook id-/g)?.length, 1_000);
  assert.match(readable(all), /1,000 deliveries Resync/);
});

Deno.test("a delivery shows its attempts, headers with what is masked, size, answer and why it is sent", async () => {
  const text = readable(await open().page.read("/endpoints/slow/deliveries/pod_2"));
  assert.match(
    text,
    /^slow \/ deliveries pod\.changed Failed Redeliver Discard… pod_2 Message Why Every pod goes to this endpoint\./,
  );
  assert.match(
    text,
    /Pod shop\/web-1 UID uid-1 Resource version 4711 Reasons phase, ready Recorded 3 min ago Attempts 1/,
  );
  assert.match(text, /Request 4 KiB webhook-id pod_2 webhook-signature \(masked\) Answer 404 gone/);
  assert.match(text, /3 min ago Status 4xx 404 12 ms it answered 404/);
});

Deno.test("one that a newer version took the place of is no dead letter, and a failure of before a restart is said", async () => {
  const { page } = open((admin) => {
    const { last: _, ...plain } = delivery("slow", "one", "failed");
    admin.kept = [{ ...plain, isSuperseded: true, history: [], why: "it answered 500" }];
  });
  const list = readable(await page.read("/endpoints/slow?state=failed"));
  assert.match(list, /Superseded pod\.changed phase, ready shop\/ web-1 3 min ago 1 it answered 500/);
  assert.doesNotMatch(list, /Redeliver shop/);
  assert.match(readable(await page.read("/dead-letters")), /slow 1 State .* Actions 1 more dead letter$/);
  const text = readable(await page.read("/endpoints/slow/deliveries/one"));
  assert.match(text, /^slow \/ deliveries pod\.changed Superseded one Message/);
  assert.match(text, /Before the last restart: it answered 500/);
});

Deno.test("a dead letter is shown behind any number that newer versions took the place of", async () => {
  const { page } = open((admin) => {
    const old = Array.from({ length: 50 }, (_, id) => delivery("slow", `old-${id}`, "failed"));
    admin.kept = [
      ...old.map((one) => ({ ...one, isSuperseded: true as const })),
      delivery("slow", "dead", "failed"),
    ];
  });
  const text = await page.read("/dead-letters");
  assert.match(text, /deliveries\/dead"/);
  assert.doesNotMatch(text, /old-/);
});

Deno.test("a body is shown with --show-payloads alone, in lines, and each number and escape as it was sent", async () => {
  const bodyOf = async (body: string, showsPayloads = true): Promise<string> => {
    const { page } = open((admin) => {
      admin.state.showsPayloads = showsPayloads;
      admin.kept = [{ ...delivery("hook", "one", "delivered"), body }];
    });
    const text = await page.read("/endpoints/hook/deliveries/one");
    return text.slice(text.indexOf('<h2 id="body">'));
  };
  assert.match(await bodyOf('{"a":1}'), /<code>\{\n {2}&#34;a&#34;: 1\n\}<\/code>/);
  assert.match(await bodyOf("<script>"), /<code>&#60;script&#62;<\/code>/);
  assert.doesNotMatch(await bodyOf('{"a":1}', false), /&#34;a&#34;/);
});

Deno.test("a body is put into lines, and stays what it was", () => {
  const body = '{"a":[1.0,{"b":{},"c":[ ]}],"d":"\\u003c, : {\\"}","e":12345678901234567890}';
  assert.equal(
    indented(body),
    '{\n  "a": [\n    1.0,\n    {\n      "b": {},\n      "c": [ ]\n    }\n  ],\n' +
      '  "d": "\\u003c, : {\\"}",\n  "e": 12345678901234567890\n}',
  );
  assert.equal(indented("no: {json"), "no: {json");
  const long = `["${"\\n".repeat(1_000_000)}"]`;
  assert.equal(indented(long).length, long.length + "\n  \n".length);
});

Deno.test("a pod says what becomes of it at each endpoint, and a search finds it", async () => {
  const { page } = open();
  const text = readable(await page.read("/pods/shop/web-1"));
  assert.match(text, /^shop\/web-1 Healthy .* Phase Running .* Goes to the operator's endpoints/);
  assert.match(text, /hook Is sent Why nothing keeps it back The endpoint has the pod Pending no/);
  await assert.rejects(page.read("/pods?pod=+shop/web-1+"), /answered 303/);
  assert.match(readable(await page.read("/pods?pod=shop/web-2")), /No pod shop\/web-2 is known/);
  assert.match(readable(await page.read("/pods/shop/web-2", { status: 404 })), /No pod shop\/web-2 is known/);
});

Deno.test("what is not there is answered with 404, in words", async () => {
  const { page } = open();
  assert.match(
    readable(await page.read("/endpoints/none", { status: 404 })),
    /There is no endpoint none, or no more\./,
  );
  assert.match(
    readable(await page.read("/endpoints/none/discard", { status: 404 })),
    /There is no endpoint none/,
  );
  const text = readable(await page.read("/endpoints/hook/deliveries/x", { status: 404 }));
  assert.match(text, /The endpoint hook has no delivery x, or has it no more/);
});

Deno.test("whatever a cluster, an endpoint or an address holds is text on every page", async () => {
  const odd = `<script>alert("1")</script>'><img src=x onerror=alert(1)>`;
  const { page } = open((admin) => {
    const { state } = admin;
    Object.assign(state, {
      environment: odd,
      cluster: odd,
      version: odd,
      problems: [odd],
      notes: [odd],
      isReady: false,
    });
    state.store.fault = odd;
    state.configuration = { isValid: false, checkedAt: odd, problem: odd };
    state.source.server = odd;
    state.source.scopes = [{ namespace: odd, isListed: true, resourceVersion: odd, silentSeconds: 1 }];
    state.source.restarts = { [odd]: 1 };
    state.pods.byPhase = { [odd]: 1 };
    state.reasons = [{ minute: odd, counts: { [odd]: 1 } }];
    state.showsPayloads = true;
    for (const one of admin.shown) {
      Object.assign(one, { origin: odd, circuit: odd, lastError: { at: odd, why: odd }, deadLetters: 1 });
    }
    admin.kept = admin.kept.map((one) => ({
      ...one,
      event: odd,
      reasons: [odd],
      pod: { namespace: odd, name: odd, uid: odd, resourceVersion: odd },
      because: odd,
      last: { at: odd, durationSeconds: 1, outcome: odd, why: odd },
      history: [{ at: odd, durationSeconds: 1, outcome: odd, why: odd }],
      request: { headers: { [odd]: odd }, bytes: 1 },
      answer: { status: 200, headers: { [odd]: odd }, text: odd },
      body: odd,
    }));
    admin.pods = admin.pods.map((one) => ({
      ...one,
      phase: odd,
      uid: odd,
      endpoints: one.endpoints.map((at) => ({ ...at, endpoint: odd, because: odd, deliveries: admin.kept })),
    }));
  });
  const hostile = encodeURIComponent(odd);
  const asked = [
    ...PATHS,
    `/pods?pod=${hostile}`,
    `/endpoints/hook?namespace=${hostile}&pod=${hostile}&reason=${hostile}&outcome=${hostile}&state=${hostile}`,
    `/endpoints/slow/discard?id=${hostile}&from=${hostile}&pod=${hostile}`,
    `/?done=${hostile}&count=${hostile}`,
    `/?failed=${hostile}`,
  ];
  for (const path of asked) {
    const text = await page.read(path);
    assert.doesNotMatch(text, /<script>|<img|alert\("|'>/, path);
  }
  for (const path of [`/endpoints/${hostile}`, `/endpoints/hook/deliveries/${hostile}`]) {
    assert.doesNotMatch(await page.read(path, { status: 404 }), /<script>|<img/, path);
  }
});

Deno.test("no page has a script, a style or a handler in itself, or anything from elsewhere", async () => {
  const { page } = open();
  for (const path of PATHS) {
    const text = await page.read(path);
    assert.doesNotMatch(text, /<style|\sstyle=|\son\w+=|javascript:|<script(?! src="\/assets\/)/, path);
    for (const [, from = ""] of text.matchAll(/\s(?:src|href|action)="([^"]*)"/g)) {
      assert.match(from, /^(\/(?!\/)|#main$)/, path);
    }
  }
});

Deno.test("what a page loads is open, and is kept by a browser for good", async () => {
  const { routes } = openPage({ admin: new FakeAdmin(), clock: { now: () => 0 } as never });
  const text = await open().page.read("/");
  const loaded = [...text.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
  assert.equal(loaded.length, 3);
  for (const path of loaded) {
    const route = routes.find((one) => one.path === path);
    assert.equal(route?.isOpen, true, path);
    const answer = await route?.handle(undefined as never);
    assert.ok(answer !== undefined && "text" in answer);
    assert.equal(answer.headers?.["cache-control"], "public, max-age=31536000, immutable");
  }
});

Deno.test("the form to log in goes on to where one wanted to be, and says what is wrong", () => {
  const { login, problem } = openPage({ admin: new FakeAdmin(), clock: { now: () => 0 } as never });
  const asked = login('/endpoints?a="b', undefined);
  assert.equal(asked.status, 200);
  assert.match(asked.text, /<input type="hidden" name="next" value="\/endpoints\?a=&#34;b">/);
  const again = login("/", "This is not the token.");
  assert.equal(again.status, 401);
  assert.match(readable(again.text), /This is not the token\./);
  const fault = problem({
    type: "about:blank",
    title: "Not Found",
    status: 404,
    detail: "There is nothing <here>.",
  });
  assert.equal(fault.status, 404);
  assert.match(readable(fault.text), /^Not Found There is nothing <here>\./);
  assert.doesNotMatch(
    asked.text + again.text + fault.text,
    /staging|hook/,
    "nothing of what the program does",
  );
});
