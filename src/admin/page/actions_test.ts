import assert from "node:assert/strict";
import { FakeAdmin } from "../../../tests/kit/admin.ts";
import { PageRig, readable } from "../../../tests/kit/page.ts";

function open(): { admin: FakeAdmin; page: PageRig } {
  const admin = new FakeAdmin();
  return { admin, page: new PageRig(admin) };
}

Deno.test("a button leads back to its page, with its filters and what was done", async () => {
  const { admin, page } = open();
  const wanted: [path: string, fields: Record<string, string>, location: string, said: string][] = [
    ["/endpoints/hook/pause", {}, "/endpoints/hook?done=pause&count=1", "Paused."],
    ["/endpoints/hook/resume?from=endpoints", {}, "/endpoints?done=resume&count=1", "Resumed."],
    [
      "/endpoints/slow/redeliver?state=failed&pod=web-1",
      { id: "pod_2" },
      "/endpoints/slow?state=failed&pod=web-1&done=redeliver&count=1",
      "1 dead letter is tried again now.",
    ],
    [
      "/endpoints/slow/redeliver?from=dead-letters",
      {},
      "/dead-letters?done=redeliver&count=1",
      "1 dead letter is tried again now.",
    ],
    [
      "/endpoints/slow/discard",
      { id: "pod_2" },
      "/endpoints/slow?done=discard&count=1",
      "1 dead letter discarded.",
    ],
    [
      "/endpoints/hook/resync",
      { since: "" },
      "/endpoints/hook?done=resync&count=1",
      "1 message with the reason sync is sent.",
    ],
    ["/resync", { since: "15m" }, "/?done=resync&count=1", "1 message"],
    ["/retry", {}, "/?done=retry&count=2", "What waits is tried now."],
  ];
  for (const [path, fields, location, said] of wanted) {
    assert.equal(await page.send(path, fields), location);
    assert.ok(readable(await page.read(location)).startsWith(said), path);
  }
  assert.deepEqual(admin.calls, [
    "pause hook",
    "resume hook",
    "redeliver slow pod_2",
    "redeliver slow",
    "discard slow pod_2",
    "resync hook",
    "resync 2026-11-27T11:48:00.000Z",
    "retry",
  ]);
});

Deno.test("what is not there any more is said, and nothing is done", async () => {
  const { admin, page } = open();
  const location = await page.send("/endpoints/slow/redeliver", { id: "none" });
  assert.equal(location, "/endpoints/slow?failed=gone");
  assert.match(readable(await page.read(location)), /^Nothing was done: it is not there any more\./);
  assert.deepEqual(admin.calls, []);
});

Deno.test("pods are sent once more since an instant, or since so long ago; another text does nothing", async () => {
  const { admin, page } = open();
  for (const since of ["90s", "5 min", "2h", "1d", "2026-11-27T13:00:00+02:00", " 2026-11-27T11:00Z "]) {
    await page.send("/resync", { since });
  }
  assert.deepEqual(admin.calls.map((call) => call.replace("resync 2026-11-", "")), [
    "27T12:01:30.000Z",
    "27T11:58:00.000Z",
    "27T10:03:00.000Z",
    "26T12:03:00.000Z",
    "27T11:00:00.000Z",
    "27T11:00:00.000Z",
  ]);
  admin.calls.length = 0;
  for (const since of ["yesterday", "5", "5 weeks", "1constructor", "2026-11-27", "2026-02-31T12:00:00Z"]) {
    const location = await page.send("/resync", { since });
    assert.equal(location, "/?failed=since");
    assert.match(readable(await page.read(location)), /write the time as 15m, 2h or 1d, or as 2026-/);
  }
  assert.deepEqual(admin.calls, []);
});

Deno.test("no button leads away from this port, and no link puts words on the page", async () => {
  const { page } = open();
  assert.equal(
    await page.send("/endpoints/hook/pause?from=//example.com"),
    "/endpoints/hook?done=pause&count=1",
  );
  assert.equal(
    await page.send("/endpoints/%2F%2Fexample.com/pause"),
    "/endpoints/%2F%2Fexample.com?failed=gone",
  );
  const text = readable(await page.read("/?done=pause&count=<b>bought</b>"));
  assert.match(text, /^Paused\. /);
  assert.match(readable(await page.read("/?done=toString")), /^Cluster/);
});

Deno.test("to discard is asked about first, and can be left", async () => {
  const { admin, page } = open();
  const all = await page.read("/endpoints/slow/discard?from=dead-letters");
  assert.match(readable(all), /^Discard 1 dead letter of slow \? .* Discard Keep$/);
  assert.match(all, /action="\/endpoints\/slow\/discard\?from=dead-letters"/);
  assert.match(all, /href="\/dead-letters">Keep/);
  const one = await page.read("/endpoints/slow/discard?id=pod_2&state=failed");
  assert.match(readable(one), /^Discard this dead letter of slow \? pod_2/);
  const none = await page.read("/endpoints/hook/discard?from=dead-letters");
  assert.match(readable(none), /^Nothing to discard hook has no dead letters any more\. Back$/);
  assert.doesNotMatch(none, /<form method="post"|danger/);
  assert.match(one, /name="id" value="pod_2"/);
  assert.match(one, /href="\/endpoints\/slow\?state=failed">Keep/);
  assert.deepEqual(admin.calls, []);
});
