/** A query of the dashboard, as it is for a data source whose variables are all set to "All". */
export interface PanelQuery {
  panel: string;
  expression: string;
}

interface Panel {
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; refId: string; datasource: { uid: string } }[];
  fieldConfig?: { defaults: { unit?: string; thresholds?: unknown } };
}

interface Variable {
  name: string;
  type: string;
  definition?: string;
  allValue?: string;
}

/** kube/monitoring/dashboard.json, as far as tests look at it. */
export interface Dashboard {
  uid: string;
  title: string;
  schemaVersion: number;
  templating: { list: Variable[] };
  panels: Panel[];
}

/** Reads it. */
export async function readDashboard(): Promise<Dashboard> {
  return JSON.parse(
    await Deno.readTextFile(new URL("../../kube/monitoring/dashboard.json", import.meta.url)),
  );
}

/** What Grafana puts in place of its own variables, for a scrape every half second. */
const BUILT_IN: Record<string, string> = { "__rate_interval": "5s", "__range": "1h", "__interval": "1s" };

/** An expression as Grafana sends it. @throws {Error} for a variable that there is not */
export function interpolate(expression: string, { templating }: Dashboard): string {
  return expression.replace(/\$(\w+)/g, (_, name: string) => {
    const value = BUILT_IN[name] ?? templating.list.find((one) => one.name === name)?.allValue;
    if (value === undefined) throw new Error(`There is no variable ${name} in ${expression}`);
    return value;
  });
}

/** Every query of every panel. */
export function queriesOf(dashboard: Dashboard): PanelQuery[] {
  return dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ panel: title, expression: interpolate(expr, dashboard) }))
  );
}
