/** How pages look: one sheet, light and dark, from a phone to a wide screen. */
export const STYLE = `:root {
  color-scheme: light dark;
  --ground: #f6f7f9;
  --surface: #ffffff;
  --line: #d9dde3;
  --text: #1b2230;
  --quiet: #566073;
  --accent: #2456c4;
  --accent-text: #ffffff;
  --good: #1a6e3c;
  --good-ground: #e2f3e8;
  --bad: #b3261e;
  --bad-ground: #fbe6e4;
  --warning: #855300;
  --warning-ground: #fbeecf;
  --quiet-ground: #eaedf1;
  --good-bar: #3f9a63;
  --bad-bar: #d0453b;
  --plain-bar: #5f83d6;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12151b;
    --surface: #1a1f28;
    --line: #323a47;
    --text: #e4e8ef;
    --quiet: #9ea8b8;
    --accent: #8fb1ff;
    --accent-text: #0e1420;
    --good: #7fd6a0;
    --good-ground: #16331f;
    --bad: #ff9d94;
    --bad-ground: #421b18;
    --warning: #f0c068;
    --warning-ground: #3a2b0d;
    --quiet-ground: #2a313c;
    --good-bar: #4caf76;
    --bad-bar: #f0655a;
    --plain-bar: #6f93e6;
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0;
  min-height: 100vh;
  display: flex;
  flex-direction: column;
  background: var(--ground);
  color: var(--text);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
}
a { color: var(--accent); text-underline-offset: 2px; text-decoration-thickness: 1px; }
code, pre { font-family: var(--mono); font-size: 12.5px; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
h1, h2, h3, p, dl, dd, ul, figure { margin: 0; }
ul { padding: 0; list-style: none; }
p, h1, h2, h3 { overflow-wrap: anywhere; }
h1 { font-size: 20px; line-height: 1.3; font-weight: 650; }
h2 { font-size: 15px; line-height: 1.4; font-weight: 650; }
h3 { font-size: 14px; font-weight: 650; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.inner, main { width: 100%; max-width: 1320px; margin: 0 auto; padding: 0 20px; }

.top { background: var(--surface); border-bottom: 1px solid var(--line); }
.top .inner { display: flex; align-items: center; gap: 4px 20px; min-height: 48px; flex-wrap: wrap; }
.top .session { display: flex; align-items: center; gap: 12px; margin-left: auto; }
.top .session button { padding-right: 0; }
.live { display: inline-flex; align-items: center; gap: 6px; color: var(--quiet); font-size: 13px; }
.live:empty { display: none; }
.live::before { content: ""; width: 7px; height: 7px; border-radius: 50%; background: var(--good-bar); }
.live.lost { color: var(--bad); }
.live.lost::before { border-radius: 1px; background: currentColor; }
.brand { white-space: nowrap;  color: var(--text); font-weight: 700; font-size: 15px; text-decoration: none; }
.where { color: var(--quiet); border-left: 1px solid var(--line); padding-left: 12px; margin-left: -8px; overflow-wrap: anywhere; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 8px; top: 8px; background: var(--surface); padding: 6px 10px; z-index: 1; }
nav ul { display: flex; flex-wrap: wrap; gap: 0 4px; }
nav a { display: block; padding: 13px 10px 11px; color: var(--quiet); text-decoration: none; border-bottom: 2px solid transparent; }
nav a:hover { color: var(--text); }
nav a[aria-current] { color: var(--text); font-weight: 600; border-bottom-color: var(--accent); }
.count { display: inline-block; min-width: 20px; padding: 0 6px; border-radius: 9px; background: var(--quiet-ground); color: var(--text); font-size: 12px; font-weight: 600; line-height: 18px; text-align: center; }

main { flex: 1; padding-top: 20px; padding-bottom: 40px; display: flex; flex-direction: column; gap: 16px; }
main > section { display: flex; flex-direction: column; gap: 10px; }
main > section:not(.messages, .panel) { margin-top: 8px; }
footer { border-top: 1px solid var(--line); color: var(--quiet); font-size: 13px; }
footer .inner { display: flex; flex-wrap: wrap; gap: 4px 20px; padding-top: 10px; padding-bottom: 14px; }

.title { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 8px 16px; }
.about, .path { margin-top: -10px; color: var(--quiet); }
.path { margin: 0 0 -12px; font-size: 13px; }
.hint, .none, .more { color: var(--quiet); }
.hint { font-size: 13px; max-width: 70ch; }
.none { padding: 18px; background: var(--surface); border: 1px dashed var(--line); border-radius: 8px; }
.panel .none { padding: 0; border: 0; background: none; }

.badge { display: inline-flex; align-items: center; gap: 6px; padding: 1px 9px 1px 8px; border-radius: 10px; font-size: 12.5px; font-weight: 600; line-height: 18px; vertical-align: 2px; }
.badge::before { content: ""; flex: none; width: 7px; height: 7px; border-radius: 50%; background: currentColor; }
td .badge, dd .badge { vertical-align: baseline; }
td .badge { white-space: nowrap; }
.badge.good { color: var(--good); background: var(--good-ground); }
.badge.bad { color: var(--bad); background: var(--bad-ground); }
.badge.bad::before { border-radius: 1px; }
.badge.warning { color: var(--warning); background: var(--warning-ground); }
.badge.warning::before { width: 0; height: 0; border-radius: 0; background: none; border: 4px solid transparent; border-top-width: 0; border-bottom: 7px solid currentColor; }
.badge.quiet { color: var(--quiet); background: var(--quiet-ground); }
.badge.quiet::before { background: none; border: 2px solid currentColor; }
.masked { color: var(--quiet); font-style: italic; }

.notice, .messages { padding: 10px 14px; border-radius: 8px; border: 1px solid var(--line); border-left-width: 4px; background: var(--surface); overflow-wrap: anywhere; }
.notice { border-left-color: var(--good-bar); }
.notice.bad, .messages.bad { border-left-color: var(--bad-bar); }
.messages.warning { border-left-color: var(--warning); }
.messages li + li { margin-top: 4px; }

.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(330px, 100%), 1fr)); gap: 12px; align-items: stretch; }
.panel { display: flex; flex-direction: column; gap: 8px; min-width: 0; padding: 12px 14px 14px; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
.panel > h2 { font-size: 13px; color: var(--quiet); font-weight: 600; }
.panel .scroll { border: 0; border-radius: 0; }
.facts { display: grid; grid-template-columns: fit-content(150px) minmax(0, 1fr); column-gap: 12px; }
.facts > div { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; padding: 4px 0; border-top: 1px solid var(--line); }
.facts > div:first-child { border-top: 0; }
.facts dt { color: var(--quiet); overflow-wrap: anywhere; }
.facts dd { min-width: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
details[open] > summary { margin-bottom: 8px; }
summary { cursor: pointer; color: var(--accent); }

.scroll { overflow-x: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 12px; text-align: left; vertical-align: top; }
th { color: var(--quiet); font-size: 12.5px; font-weight: 600; white-space: nowrap; border-bottom: 1px solid var(--line); }
tr + tr td { border-top: 1px solid var(--line); }
tbody tr:hover { background: color-mix(in srgb, var(--quiet-ground) 35%, transparent); }
.number { text-align: right; }
td.wide { width: 30%; min-width: 160px; overflow-wrap: anywhere; }
td.rest { width: 75%; min-width: 160px; overflow-wrap: anywhere; }
td.main { min-width: 210px; overflow-wrap: anywhere; }
td.number { width: 1%; white-space: nowrap; }
.hint code { white-space: nowrap; }
td.actions { text-align: right; white-space: nowrap; }
td time { white-space: nowrap; }
.name { font-weight: 600; overflow-wrap: anywhere; }
.under { display: block; color: var(--quiet); font-size: 12.5px; overflow-wrap: anywhere; }
a > .under { display: inline; }

.bars { display: block; width: 100%; min-width: 120px; height: 24px; }
.panel.broad .bars { height: 84px; }
.bars .good { fill: var(--good-bar); }
.bars .bad { fill: var(--bad-bar); }
.bars .plain { fill: var(--plain-bar); }
.bars .floor { stroke: var(--line); stroke-width: 1; fill: none; vector-effect: non-scaling-stroke; }
figcaption span:not(.label) { white-space: nowrap; }
figcaption { display: flex; justify-content: space-between; gap: 10px; margin-top: 4px; color: var(--quiet); font-size: 12.5px; }

.tabs { border-bottom: 1px solid var(--line); }
.tabs a { padding: 6px 10px 5px; margin-bottom: -1px; }
form { margin: 0; }
button, .button { display: inline-block; padding: 4px 12px; border: 1px solid var(--line); border-radius: 6px; background: var(--surface); color: var(--text); font: inherit; font-weight: 500; text-decoration: none; white-space: nowrap; cursor: pointer; }
button:hover, .button:hover { border-color: var(--quiet); }
button.plain { border-color: transparent; background: none; color: var(--quiet); }
button.main { border-color: var(--accent); background: var(--accent); color: var(--accent-text); }
button.danger { border-color: var(--bad); color: var(--bad); }
td button, td .button { padding: 2px 9px; font-size: 13px; }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; }
td .buttons { flex-wrap: nowrap; justify-content: flex-end; }
label { color: var(--quiet); font-size: 13px; }
input, select { padding: 4px 8px; min-width: 0; max-width: 100%; height: 30px; border: 1px solid color-mix(in srgb, var(--quiet) 60%, transparent); border-radius: 6px; background: var(--surface); color: var(--text); font: inherit; }
::placeholder { color: var(--quiet); opacity: 1; }
.filters { display: flex; flex-wrap: wrap; align-items: flex-end; gap: 10px 12px; }
.filters label { display: flex; flex-direction: column; gap: 2px; min-width: 0; }
.forms { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr)); gap: 16px 32px; padding: 14px; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
.forms form { display: flex; flex-direction: column; align-items: flex-start; gap: 6px; }
.joined { display: flex; gap: 8px; max-width: 100%; }
pre { margin: 0; padding: 12px 14px; max-height: 70vh; overflow: auto; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; line-height: 1.5; }
pre code { white-space: pre-wrap; }
.bare { flex: none; max-width: 380px; margin-top: 12vh; }
.login { display: flex; flex-direction: column; gap: 8px; padding: 18px; background: var(--surface); border: 1px solid var(--line); border-radius: 8px; }
.login button { align-self: flex-start; margin-top: 4px; }

@media (max-width: 820px) {
  .inner, main { padding-left: 12px; padding-right: 12px; }
  .where { order: 2; width: 100%; margin: 0; padding: 0; border: 0; }
  .top nav { order: 3; width: 100%; }
  .top nav ul { margin: 0 -10px; }
  .top nav a { padding: 8px 10px 7px; }
  .top .inner { padding-top: 8px; }
  .tabs ul { gap: 0; }
  .tabs a { padding: 6px 6px 5px; font-size: 13px; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; }
  tr { padding: 8px 12px; }
  tr + tr { border-top: 1px solid var(--line); }
  tr + tr td { border-top: 0; }
  td, td.wide, td.rest, td.main, td.number { display: grid; grid-template-columns: 104px minmax(0, 1fr); gap: 10px; width: auto; min-width: 0; padding: 3px 0; text-align: left; white-space: normal; overflow-wrap: anywhere; }
  td::before { content: attr(data-title); color: var(--quiet); font-size: 12.5px; line-height: 20px; }
  td.empty { display: none; }
  td.actions { text-align: left; white-space: normal; }
  td .buttons { flex-wrap: wrap; justify-content: flex-start; }
  td button, td .button, button, .button { padding: 6px 12px; }
  .panel .scroll tr { padding-left: 0; padding-right: 0; }
  .filters label { flex: 1 1 140px; }
  .filters input, .filters select { width: 100%; }
}
@media (prefers-reduced-motion: no-preference) {
  .badge, .bars path { transition: color 0.2s, background-color 0.2s, fill 0.2s; }
}
@media (forced-colors: active) {
  .badge { border: 1px solid; }
  .bars .good, .bars .plain { fill: CanvasText; }
  .bars .bad { fill: Highlight; }
}
`;
