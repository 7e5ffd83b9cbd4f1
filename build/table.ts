/** Tables of Markdown. */

/** In a table even what stands in backticks has its bars escaped (GitHub Flavored Markdown, "Tables"). */
export function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

/** A table of Markdown as `deno fmt` aligns it; the first row is its head. */
export function printTable(rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`
  );
  lines.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  return `${lines.join("\n")}\n`;
}
