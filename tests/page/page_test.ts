import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { systemClock } from "../../src/runtime/clock.ts";
import type { FakeAdmin } from "../kit/admin.ts";
import { serveAdmin, TOKEN } from "../kit/admin_port.ts";
import { inspectPages, LOOKS, startBrowser, Visitor, withoutChromium } from "../kit/browser.ts";
import { busyAdmin, SCRIPT } from "../kit/busy_admin.ts";
import { WIDE_PAGES, wideAdmin } from "../kit/wide_admin.ts";
import { youngAdmin } from "../kit/young_admin.ts";
import { MemoryLog } from "../kit/memory_log.ts";
import { testNeeding } from "../kit/needing.ts";
import { freePort } from "../kit/port.ts";

/** The pages by the names of their pictures. */
const PAGES = {
  cluster: "/",
  endpoints: "/endpoints",
  endpoint: "/endpoints/audit-archive",
  failed: "/endpoints/audit-archive?state=failed&done=redeliver&count=3",
  "nothing found": "/endpoints/audit-archive?pod=none",
  delivery: "/endpoints/audit-archive/deliveries/msg_3abcdef0123456789",
  "dead letters": "/dead-letters",
  discard: "/endpoints/audit-archive/discard?from=dead-letters",
  pods: "/pods?pod=shop/none",
  pod: "/pods/shop/web-1",
  "not found": "/endpoints/none",
};

/** The same of a program that has just begun. */
const YOUNG_PAGES = {
  "young cluster": "/",
  "young endpoints": "/endpoints",
  "young endpoint": "/endpoints/hook",
  "young delivery": "/endpoints/hook/deliveries/msg_1",
  "no dead letters": "/dead-letters",
  "young pod": "/pods/shop/web-1",
};

/** Puts a script into the page, and waits until the browser has refused it. */
const BREAK_POLICY = `new Promise((resolve) => {
  document.addEventListener("securitypolicyviolation", () => setTimeout(resolve, 100));
  document.body.append(Object.assign(document.createElement("script"), { text: "1" }));
})`;

/** Page and API over a program that is none. */
interface Rig extends AsyncDisposable {
  admin: FakeAdmin;
  origin: string;
}

function serve(
  { token, port = 0, admin = busyAdmin(Date.now()) }: { token?: string; port?: number; admin?: FakeAdmin } =
    {},
): Rig {
  const listening = serveAdmin({
    admin,
    port,
    clock: systemClock,
    log: new MemoryLog(),
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    ...token !== undefined && { token: () => ({ text: token }) },
  });
  return {
    admin,
    origin: `http://127.0.0.1:${listening.port}`,
    [Symbol.asyncDispose]: () => listening.close(),
  };
}

testNeeding(withoutChromium, "the page in a browser", async (context) => {
  const browser = await startBrowser();
  try {
    for (const [sentence, step] of Object.entries(STEPS)) await context.step(sentence, () => step(browser));
  } finally {
    await browser.close();
  }
});

const STEPS: Record<string, (browser: Browser) => Promise<void>> = {
  "every page fits a phone and a screen, light and dark, and shuts nobody out": async (browser) => {
    await using busy = serve();
    await using young = serve({ admin: youngAdmin(Date.now()) });
    const found = await Promise.all(LOOKS.flatMap((look) => [
      inspectPages(browser, busy.origin, PAGES, look),
      inspectPages(browser, young.origin, YOUNG_PAGES, look),
    ]));
    assert.deepEqual(found.flat(), []);
  },

  "a word of others that can be broken nowhere makes no page wider than the window": async (browser) => {
    await using wide = serve({ admin: wideAdmin(Date.now()) });
    const found = await Promise.all(
      LOOKS.slice(0, 2).map((look) => {
        return inspectPages(browser, wide.origin, WIDE_PAGES, look);
      }),
    );
    assert.deepEqual(found.flat(), []);
  },

  "its policy holds on every page, whatever a pod is called, and nothing is asked elsewhere": async (
    browser,
  ) => {
    await using rig = serve();
    for (const one of rig.admin.shown) one.origin = SCRIPT;
    rig.admin.state.environment = SCRIPT;
    await using visitor = await Visitor.come(browser);
    for (const path of Object.values(PAGES)) {
      await visitor.open(`${rig.origin}${path}`);
      assert.doesNotMatch(await visitor.page.title(), /taken over/);
    }
    assert.deepEqual(visitor.faults.filter((fault) => !/404 \(Not Found\)/.test(fault)), []);
    assert.deepEqual([...visitor.hosts], ["127.0.0.1"]);
    // And it is one that would be noticed.
    await visitor.page.evaluate(BREAK_POLICY);
    assert.match(visitor.faults.join(), /script-src-elem forbids inline/);
  },

  "what changes is seen at once, and focus, scroll position, open parts and what is typed stay": async (
    browser,
  ) => {
    await using rig = serve();
    await using visitor = await Visitor.come(browser);
    const { page } = visitor;
    await visitor.open(`${rig.origin}/`);
    await page.locator("summary").click();
    await page.locator("#since").fill("2h");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    const scrolled = await page.evaluate("scrollTo(0, 200), scrollY");
    rig.admin.state.pods.known = 77;
    rig.admin.change();
    await page.locator("dd", { hasText: /^77$/ }).waitFor();
    assert.equal(await page.locator("details").getAttribute("open"), null);
    assert.equal(await page.locator("#since").inputValue(), "2h");
    assert.equal(
      await page.evaluate("document.activeElement.id + document.activeElement.selectionStart"),
      "since1",
    );
    assert.equal(await page.evaluate("scrollY"), scrolled);
  },

  "a delivery that is new stands on top, and the link that has the focus keeps it": async (browser) => {
    await using rig = serve();
    await using visitor = await Visitor.come(browser);
    const { page } = visitor;
    await visitor.open(`${rig.origin}/endpoints/billing`);
    const rows = page.locator("tbody tr");
    const second = await rows.nth(1).getAttribute("data-key");
    await rows.nth(1).getByRole("link").first().focus();
    const [newest] = rig.admin.kept;
    assert.ok(newest);
    rig.admin.kept.unshift({ ...newest, id: "msg_new", endpoint: "billing" });
    rig.admin.change();
    await page.locator('tr[data-key="billing msg_new"]').waitFor();
    assert.equal(await rows.first().getAttribute("data-key"), "billing msg_new");
    const focused = await page.evaluate('document.activeElement.closest("tr").dataset.key');
    assert.equal(focused, second);
    assert.deepEqual(visitor.faults, []);
  },

  "where the program is gone, the page says that it is how it was, and goes on when it is back": async (
    browser,
  ) => {
    const rig = serve({ port: freePort() });
    await using visitor = await Visitor.come(browser);
    await visitor.open(`${rig.origin}/endpoints`);
    await rig[Symbol.asyncDispose]();
    await visitor.page.locator("#live", { hasText: "Not connected: this is how it was" }).waitFor();
    assert.equal(await visitor.page.locator("tbody tr").count(), 5);
    await using _again = serve({ port: Number(new URL(rig.origin).port) });
    await visitor.page.locator("#live", { hasText: "Live" }).waitFor();
  },

  "without JavaScript buttons, filters and the question before something is lost are forms and links": async (
    browser,
  ) => {
    await using rig = serve();
    await using visitor = await Visitor.come(browser, { width: 390, javaScriptEnabled: false });
    const { page } = visitor;
    await page.goto(`${rig.origin}/endpoints`);
    assert.match(
      await page.locator("noscript").innerText(),
      /Load it again to see what has changed since \d\d:/,
    );
    await page.getByRole("button", { name: "Pause billing" }).click();
    assert.match(await page.locator("#notice").innerText(), /^Paused\./);
    await page.getByRole("link", { name: "audit-archive", exact: true }).click();
    await page.getByLabel("Namespace").fill("shop");
    await page.getByLabel("Reason").selectOption("restarted");
    await page.getByRole("button", { name: "Filter" }).click();
    assert.equal(new URL(page.url()).search, "?namespace=shop&pod=&reason=restarted&outcome=");
    assert.equal(await page.locator("tbody tr").count(), 7);
    await page.getByRole("link", { name: /^Failed/ }).click();
    await page.getByRole("link", { name: /^Discard shop/ }).first().click();
    await visitor.takePicture("discard-one-390-without-javascript");
    await page.getByRole("button", { name: "Discard", exact: true }).click();
    assert.match(await page.locator("#notice").innerText(), /^1 dead letter discarded\./);
    assert.match(page.url(), /state=failed&namespace=shop&reason=restarted/);
    const [paused, discarded, ...rest] = rig.admin.calls;
    assert.equal(paused, "pause billing");
    assert.match(discarded ?? "", /^discard audit-archive msg_/);
    assert.deepEqual(rest, []);
  },

  "who has the token logs in by a form, comes to where they wanted to be, and out again": async (browser) => {
    await using rig = serve({ token: TOKEN });
    await using visitor = await Visitor.come(browser, { bypassCSP: true });
    const { page } = visitor;
    await page.goto(`${rig.origin}/endpoints?condition=paused`);
    assert.equal(new URL(page.url()).pathname, "/login");
    assert.deepEqual(await visitor.findBarriers(), []);
    await page.getByLabel("Token").fill("another");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("alert").waitFor();
    await visitor.takePicture("login-1400-light");
    await page.getByLabel("Token").fill(TOKEN);
    await page.keyboard.press("Enter");
    await page.locator("#live", { hasText: "Live" }).waitFor();
    assert.equal(new URL(page.url()).search, "?condition=paused");
    assert.doesNotMatch(await page.content(), new RegExp(TOKEN));
    await page.getByRole("button", { name: "Log out" }).click();
    assert.equal(new URL(page.url()).pathname, "/login");
    await page.goto(`${rig.origin}/`);
    assert.equal(new URL(page.url()).pathname, "/login");
  },
};
