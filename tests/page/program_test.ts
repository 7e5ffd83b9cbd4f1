import assert from "node:assert/strict";
import type { Browser } from "playwright-core";
import { inspectPages, LOOKS, startBrowser, Visitor, withoutChromium } from "../kit/browser.ts";
import { SCRIPT } from "../kit/busy_admin.ts";
import { createPods, manifest } from "../kit/cluster_pods.ts";
import { SECRET, webhook } from "../kit/confidential.ts";
import { clusterTest, type ControlPlane, startControlPlane } from "../kit/control_plane.ts";
import { freePort } from "../kit/port.ts";
import { startProgram } from "../kit/program.ts";
import { Receiver } from "../kit/receiver.ts";

/** The program on a real control plane, its page in a browser, and what it delivers to. */
interface Scene {
  plane: ControlPlane;
  browser: Browser;
  visitor: Visitor;
  origin: string;
  /** The endpoint `takes`. */
  takes: Receiver;
  /** The endpoint `wavers`. */
  wavers: Receiver;
}

/** Milliseconds for what the program works out by itself: that an endpoint fails, or that a message is a dead letter. */
const PATIENCE = { timeout: 60_000 };

clusterTest("the page of the running program, on a real control plane", async (context) => {
  await using plane = await startControlPlane();
  await createPods(plane, [
    manifest("odd", { annotations: { note: SCRIPT } }),
    ...["a", "b", "c", "d"].map((name) => manifest(name)),
  ]);
  await using takes = await Receiver.start({ secrets: [SECRET] });
  await using wavers = await Receiver.start({ secrets: [SECRET] });
  const port = freePort();
  await using program = await startProgram({
    args: [
      ...["--kubeconfig", plane.kubeconfig, "--secret", SECRET, "--show-payloads", "--update", "off"],
      ...[
        "--url",
        webhook("takes", takes),
        "--url",
        webhook("wavers", wavers),
        "--admin-listen",
        `127.0.0.1:${port}`,
      ],
    ],
  });
  await program.until(/Page and API are served/);
  await takes.until(() => takes.state.pods.size === 5, "the pods");
  const browser = await startBrowser();
  try {
    await using visitor = await Visitor.come(browser);
    const scene = { plane, browser, visitor, origin: `http://127.0.0.1:${port}`, takes, wavers };
    for (const [sentence, step] of Object.entries(STEPS)) await context.step(sentence, () => step(scene));
    assert.deepEqual(visitor.faults, []);
    assert.deepEqual([...visitor.hosts], ["127.0.0.1"]);
  } finally {
    await browser.close();
  }
}, withoutChromium);

const STEPS: Record<string, (scene: Scene) => Promise<void>> = {
  "it shows the cluster": async ({ plane, visitor, origin }) => {
    const { page } = visitor;
    await page.goto(origin);
    await page.locator("#live", { hasText: "Live" }).waitFor();
    await page.getByRole("heading", { name: "Cluster Ready" }).waitFor();
    await page.getByText(plane.server).waitFor();
    await page.locator("dd", { hasText: /^5$/ }).first().waitFor();
  },

  "an endpoint that fails turns red by itself, and green again": async (
    { plane, visitor, origin, wavers },
  ) => {
    const { page } = visitor;
    await page.goto(`${origin}/endpoints`);
    const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: "wavers" }) });
    await row.getByText("OK", { exact: true }).waitFor();
    wavers.reply = () => ({ status: 503, body: "down for a moment" });
    await plane.kubectl(["label", "pods", "a", "b", "c", "d", "step=fails"]);
    await row.getByText("Failing", { exact: true }).waitFor(PATIENCE);
    await row.getByText(/503/).waitFor();
    await page.locator("footer", { hasText: "2 endpoints: 1 failing" }).waitFor();
    await visitor.takePicture("program-failing");
    wavers.reply = () => ({ status: 200 });
    await row.getByText("OK", { exact: true }).waitFor(PATIENCE);
    await page.locator("footer", { hasText: "2 endpoints, all OK" }).waitFor();
    await visitor.takePicture("program-recovered");
  },

  "a paused endpoint keeps what is pending, and gets it when it is resumed": async (
    { plane, visitor, origin, wavers },
  ) => {
    const { page } = visitor;
    await page.goto(`${origin}/endpoints/wavers`);
    // What failed before has its own retry, also when the endpoint works again.
    await page.getByRole("link", { name: "Pending", exact: true }).waitFor(PATIENCE);
    await page.getByRole("button", { name: "Pause wavers" }).click();
    await page.locator("#notice", { hasText: "Paused." }).waitFor();
    await createPods(plane, [manifest("meanwhile")]);
    await page.locator("td", { hasText: "meanwhile" }).first().waitFor();
    await page.getByRole("link", { name: /^Pending 1$/ }).waitFor();
    assert.deepEqual(wavers.about("meanwhile"), []);
    await visitor.takePicture("program-paused");
    await page.getByRole("button", { name: "Resume wavers" }).click();
    await wavers.until(() => wavers.about("meanwhile").length > 0, "what was pending");
    await page.getByRole("row", { name: /Delivered.*meanwhile/ }).first().waitFor();
  },

  "a dead letter is redelivered, with the id that it had": async (
    { plane, visitor, origin, takes },
  ) => {
    const { page } = visitor;
    takes.reply = ({ body }) => ({ status: body?.pod.metadata.name === "poison" ? 422 : 200 });
    await createPods(plane, [manifest("poison")]);
    await page.goto(`${origin}/dead-letters`);
    const button = page.getByRole("button", { name: /^Redeliver default\/poison/ });
    // Whose fault it is shows by what is accepted meanwhile.
    for (let turn = 0; turn < 60 && !await button.isVisible(); turn++) {
      await plane.kubectl(["label", "--overwrite", "pods", "a", "b", "c", "d", `turn=${turn}`]);
      await page.waitForTimeout(500);
    }
    await button.waitFor(PATIENCE);
    await visitor.takePicture("program-dead-letter");
    takes.reply = () => ({ status: 200 });
    const before = takes.about("poison");
    await button.click();
    await page.getByText("1 dead letter is tried again now.").waitFor();
    await takes.until(() => takes.about("poison").length > before.length, "the dead letter");
    const ids = new Set(takes.about("poison").map(({ headers }) => headers["webhook-id"]));
    assert.equal(ids.size, 1);
    await page.getByText("There is no dead letter.").waitFor();
  },

  "without JavaScript deliveries are filtered, and what a pod holds is text": async ({ browser, origin }) => {
    await using reader = await Visitor.come(browser, { javaScriptEnabled: false, width: 390 });
    const { page } = reader;
    await page.goto(`${origin}/endpoints/takes`);
    await page.getByLabel("Namespace").fill("default");
    await page.getByLabel("Pod", { exact: true }).fill("odd");
    await page.getByRole("button", { name: "Filter" }).click();
    const rows = page.locator("tbody tr");
    assert.ok(await rows.count() > 0);
    for (const text of await rows.allInnerTexts()) assert.match(text, /odd/);
    await rows.first().getByRole("link").first().click();
    assert.match(await page.locator("pre").innerText(), /"note": "\\u003cscript\\u003edocument\.title = /);
    assert.match(
      await page.locator("dl", { hasText: "webhook-signature" }).innerText(),
      /webhook-signature\s+\(masked\)/,
    );
    assert.doesNotMatch(await page.content(), /c0nfidential|<script>document/);
    await reader.takePicture("program-delivery-without-javascript");
  },

  "each page of it fits a phone and a screen, light and dark, and shuts nobody out": async (
    { browser, visitor: { page }, origin },
  ) => {
    await page.goto(`${origin}/endpoints/takes?pod=odd`);
    const delivery = await page.locator("tbody tr").first().getByRole("link").first().getAttribute("href");
    const pages = {
      "program cluster": "/",
      "program endpoints": "/endpoints",
      "program endpoint": "/endpoints/wavers",
      "program delivery": delivery ?? "",
      "program pod": "/pods/default/odd",
    };
    const found = await Promise.all(LOOKS.map((look) => inspectPages(browser, origin, pages, look)));
    assert.deepEqual(found.flat(), []);
  },

  "a pod says where it goes, and why": async ({ visitor, origin }) => {
    const { page } = visitor;
    await page.goto(`${origin}/pods`);
    await page.getByLabel("Namespace/name").fill("default/odd");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: /^default\/odd/ }).waitFor();
    assert.equal(await page.getByText("Is sent", { exact: true }).count(), 2);
    assert.doesNotMatch(await page.title(), /taken over/);
  },
};
