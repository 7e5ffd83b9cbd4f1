import type { EndpointStatus } from "../admin.ts";
import { parseInstant } from "../../runtime/instant.ts";
import { attribute, type Html, html } from "./html.ts";
import { endpointPath, withQuery } from "./view.ts";

/** Buttons that act. Each is a form of its own, so that they do without JavaScript. */

/** One button. @param label names what it is about, where several buttons say the same */
export function button(
  action: string,
  text: string,
  label?: string,
  fields: Record<string, string> = {},
): Html {
  return html`<form method="post" action="${action}">${
    Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
  }<button${attribute("aria-label", label)}>${text}</button></form>`;
}

/** Pauses what runs, resumes what is paused or was disabled. @param from where to go after it */
export function pauseButton({ name, condition }: EndpointStatus, from?: string): Html {
  const verb = condition === "paused" || condition === "disabled" ? "resume" : "pause";
  const text = verb === "resume" ? "Resume" : "Pause";
  return button(withQuery(`${endpointPath(name)}/${verb}`, { from }), text, `${text} ${name}`);
}

/** Sends pods once more: all, or those that changed lately. */
export function resyncForm(action: string): Html {
  return html`
    <form method="post" action="${action}">
      <label for="since">Resync pods that changed in the last</label>
      <span
        class="joined"><input id="since" name="since" size="22" autocomplete="off" spellcheck="false" placeholder="all" aria-describedby="since-hint"><button>Resync</button></span>
      <p class="hint"
        id="since-hint"><code>15m</code>, <code>2h</code>, <code>1d</code>, or since <code>2026-11-27T12:00:00Z</code>. Empty: all pods, as they are now, with reason <code>sync</code>.</p>
    </form>
  `;
}

/** Milliseconds. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ["s", 1_000],
  ["m", 60_000],
  ["min", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** What a person wrote there, as an instant; empty: none. Undefined: it is neither a length nor an instant. */
export function readSince(text: string, now: number): string | undefined {
  const written = text.trim();
  if (written === "") return "";
  const [, count, unit = ""] = /^(\d{1,6})\s*([a-z]+)$/i.exec(written) ?? [];
  const length = UNITS.get(unit.toLowerCase());
  if (count !== undefined) {
    // Before the epoch there were no pods.
    return length === undefined
      ? undefined
      : new Date(Math.max(0, now - Number(count) * length)).toISOString();
  }
  const instant = parseInstant(written);
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
