import axe, { type AxeResults } from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import process from "node:process";
import { lacksProgram } from "./needing.ts";

/** Debian's. */
const CHROMIUM = "/usr/bin/chromium";

/** What the machine lacks for a browser; undefined: nothing. */
export const withoutChromium: string | undefined = await lacksProgram(
  CHROMIUM,
  ["--version"],
  "there is no /usr/bin/chromium, of Debian's package chromium.",
);

/** Starts a browser that reaches this machine alone. */
export async function startBrowser(): Promise<Browser> {
  // When it is loaded, it looks for Windows in /proc, which the runtime shows only to who may do everything; so it does not.
  process.env["__IS_WSL_TEST__"] = "1";
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      // As root a browser cannot shut itself in.
      ...process.getuid?.() === 0 ? ["--no-sandbox"] : [],
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ],
  });
}

/** How somebody looks at a page. */
export interface Look {
  width: 390 | 1400;
  colorScheme: "light" | "dark";
}

/** A phone and a screen, by day and by night. */
export const LOOKS: readonly Look[] = [
  { width: 1400, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
  { width: 1400, colorScheme: "dark" },
  { width: 390, colorScheme: "light" },
];

/** Runs in each page before its own scripts, which the policy lets no page do by itself. */
const NOTE_VIOLATIONS =
  `document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  noteViolation(location.href + ": " + violatedDirective + " forbids " + blockedURI));`;

/** Somebody with a browser of their own, who notes whatever goes wrong in it. */
export class Visitor implements AsyncDisposable {
  readonly page: Page;
  readonly #context: BrowserContext;
  /** Errors of scripts, violations of the policy, what could not be loaded, and whatever the console says. */
  readonly faults: string[] = [];
  /** Hosts that were asked. */
  readonly hosts = new Set<string>();

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
    page.on("console", (message) => {
      const text = message.text();
      // A hint for those who build forms, with a name that no token has.
      if (!text.startsWith("[DOM] Password forms should have")) this.faults.push(`${page.url()}: ${text}`);
    });
    page.on("pageerror", (error) => this.faults.push(`${page.url()}: ${error.message}`));
    page.on("request", (request) => this.hosts.add(new URL(request.url()).hostname));
  }

  /** @param how `bypassCSP`: the policy of a page does not hold, so that a test can put a script into it */
  static async come(
    browser: Browser,
    how: Partial<Look> & { javaScriptEnabled?: boolean; bypassCSP?: boolean } = {},
  ): Promise<Visitor> {
    const { width = 1400, ...rest } = how;
    const context = await browser.newContext({
      ...rest,
      viewport: { width, height: width === 390 ? 844 : 900 },
    });
    const visitor = new Visitor(context, await context.newPage());
    await context.exposeFunction("noteViolation", (what: string) => visitor.faults.push(what));
    await context.addInitScript(NOTE_VIOLATIONS);
    return visitor;
  }

  /** Opens a page, and waits until its script follows what changes. */
  async open(address: string): Promise<void> {
    await this.page.goto(address);
    await this.page.locator("#live", { hasText: "Live" }).waitFor();
  }

  /** What axe-core finds wrong with the page as it is now; empty: nothing. */
  async findBarriers(): Promise<string[]> {
    await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate<AxeResults>("axe.run()");
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id} at ${target.join(" ")}: ${failureSummary ?? ""}`)
    );
  }

  /** How many pixels the page is wider than the window. */
  async overflow(): Promise<number> {
    return await this.page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  }

  /** Keeps a picture of the whole page, for whoever wants to see what a run saw: what is below the window, too. */
  async takePicture(name: string): Promise<void> {
    const folder = process.env["K8SVENT_TEST_PICTURES"] || "dist/pictures";
    await Deno.mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}

/**
 * Looks at each page, and takes a picture of it. Returns what is wrong with them: wider than the window, or shutting somebody
 * out.
 *
 * @param pages their paths, by the names of the pictures
 */
export async function inspectPages(
  browser: Browser,
  origin: string,
  pages: Readonly<Record<string, string>>,
  look: Look,
): Promise<string[]> {
  await using visitor = await Visitor.come(browser, { ...look, bypassCSP: true });
  const faults: string[] = [];
  for (const [name, path] of Object.entries(pages)) {
    await visitor.open(`${origin}${path}`);
    const seen = `${name}, ${look.width}, ${look.colorScheme}`;
    await visitor.takePicture(seen.replaceAll(/,? /g, "-"));
    if (await visitor.overflow() > 0) faults.push(`${seen} is wider than the window`);
    const barriers = await visitor.findBarriers();
    faults.push(...barriers.map((barrier) => `${seen}: ${barrier}`));
  }
  return faults;
}
