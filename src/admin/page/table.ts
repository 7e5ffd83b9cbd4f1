import { type Html, html } from "./html.ts";

/** A column: its title, and how its cells stand. */
export interface Column {
  title: string;
  /**
   * `number`: to the right. `main`: what the row is of. `wide`: a third of the room. `rest`: most of it. `actions`: buttons,
   * without a title for the eye.
   */
  kind?: "number" | "main" | "wide" | "rest" | "actions";
}

/** What a cell shows; empty: nothing is known, or nothing is to be said. */
export type Cell = Html | string | number;

/** A row, and what it is of: a row that is still there keeps its place when the page is brought up to date. */
export interface Row {
  key: string;
  cells: Cell[];
}

/**
 * A table that fits a phone: there each row is a block with the titles beside the values. Roles are written out, since a
 * browser forgets them where cells are laid out as blocks.
 *
 * @param label what it is a table of, for those who do not see its place
 */
export function table(label: string, columns: Column[], rows: Row[]): Html {
  return html`
    <div class="scroll" role="region" aria-label="${label}" tabindex="0">
      <table role="table" aria-label="${label}">
        <thead role="rowgroup">
          <tr role="row">${columns.map(head)}</tr>
        </thead>
        <tbody role="rowgroup">${rows.map(({ key, cells }) =>
          html`
            <tr role="row" data-key="${key}">${cells.map((cell, index) => data(columns[index], cell))}</tr>
          `
        )}</tbody>
      </table>
    </div>
  `;
}

function head({ title, kind }: Column): Html {
  const text = kind === "actions" ? html`<span class="unseen">${title}</span>` : title;
  return html`<th role="columnheader" scope="col" class="${kind ?? ""}">${text}</th>`;
}

function data(column: Column | undefined, cell: Cell): Html {
  const { title, kind } = column ?? { title: "" };
  if (cell === "") return html`<td role="cell" class="${kind ?? ""} empty"></td>`;
  return html`
    <td role="cell" class="${kind ?? ""}" data-title="${kind === "actions" ? "" : title}">
      <div>${cell}</div>
    </td>
  `;
}

/** Names and values below each other; those without a value are left out. */
export function facts(pairs: [name: string, value: Cell | undefined | false][]): Html {
  const known = pairs.filter(([, value]) => value !== undefined && value !== false && value !== "");
  return html`<dl class="facts">${
    known.map(([name, value]) =>
      html`
        <div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>
      `
    )
  }</dl>`;
}
