import { createHash } from "node:crypto";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

/** What pages load: all of it is from here, and may be kept by a browser for good, since its name changes with it. */

/** A file. */
export interface Asset {
  type: string;
  text: string;
}

const ICON =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3.5" fill="#2f5fd0"/><path d="M4 3.5v9M4 9l3-2.5M5.2 8l3 4.5" stroke="#fff" stroke-width="1.6" fill="none" stroke-linecap="round"/><circle cx="11.5" cy="5" r="1.6" fill="#fff"/></svg>`;

/** Where they are. */
export const ASSET_PATHS = {
  style: `/assets/${named(STYLE)}.css`,
  script: `/assets/${named(SCRIPT)}.js`,
  icon: `/assets/${named(ICON)}.svg`,
};

/** By path. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  [ASSET_PATHS.style, { type: "text/css; charset=utf-8", text: STYLE }],
  [ASSET_PATHS.script, { type: "text/javascript; charset=utf-8", text: SCRIPT }],
  [ASSET_PATHS.icon, { type: "image/svg+xml", text: ICON }],
]);

function named(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
