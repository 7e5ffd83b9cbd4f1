/**
 * A picture of a terminal, as SVG: text that can be selected, in a font of the reader's machine, light or dark as the
 * reader's machine is. Knows the eight colours and "dim" of ECMA-48 (SGR), which is what the demo prints.
 */

const COLUMN = 7.8;
const ROW = 18;
const MARGIN = 16;
const BAR = 30;

/** The classes of the SGR parameters; what is not here is plain. */
const CLASSES: Readonly<Record<string, string>> = {
  "2": "dim",
  "31": "red",
  "32": "green",
  "33": "yellow",
  "35": "magenta",
};

/** Colours with a contrast of 4.5 at least on their background (WCAG 2.2, 1.4.3). */
const STYLE =
  `text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328}
.frame{fill:#f6f8fa;stroke:#d1d9e0}.dot{fill:#afb8c1}
.dim{fill:#59636e}.red{fill:#b3261e}.green{fill:#1a7f37}.yellow{fill:#845306}.magenta{fill:#8250df}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.frame{fill:#0d1117;stroke:#3d444d}.dot{fill:#656c76}
.dim{fill:#9198a1}.red{fill:#ff7b72}.green{fill:#56d364}.yellow{fill:#e3b341}.magenta{fill:#d2a8ff}}`;

/**
 * Draws what a terminal shows.
 *
 * @param title for who cannot see it
 * @param lines what was printed, with escapes
 * @param columns how wide the terminal is
 */
export function drawTerminal(title: string, lines: readonly string[], columns: number): string {
  const width = Math.ceil(columns * COLUMN + 2 * MARGIN);
  const height = BAR + lines.length * ROW + MARGIN;
  const dots = [0, 1, 2].map((dot) => `<circle class="dot" cx="${MARGIN + 5 + dot * 18}" cy="15" r="5"/>`);
  const rows = lines.map((line, row) =>
    `<text x="${MARGIN}" y="${BAR + row * ROW + 13}">${spansOf(line).join("")}</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
<rect class="frame" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${dots.join("")}
${rows.join("\n")}
</svg>
`;
}

/** Each run of words stands at its own column: no font of another width, and no renderer, moves what stands in columns. */
function spansOf(line: string): string[] {
  const spans: string[] = [];
  let column = 0;
  for (const [index, piece] of line.split("\x1b[").entries()) {
    const [, sgr = "", text = ""] = index === 0 ? [undefined, "0", piece] : /^(\d*)m(.*)$/.exec(piece) ?? [];
    const dress = CLASSES[sgr] === undefined ? "" : ` class="${CLASSES[sgr]}"`;
    for (const { 0: words, index: at } of text.matchAll(/\S+(?: \S+)*/g)) {
      const x = MARGIN + (column + at) * COLUMN;
      spans.push(`<tspan x="${x.toFixed(1)}"${dress}>${escapeXml(words)}</tspan>`);
    }
    column += text.length;
  }
  return spans;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
