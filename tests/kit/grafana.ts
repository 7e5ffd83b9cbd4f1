import type {
  Dashboard,
  FieldConfigSource,
  GraphFieldConfig,
  Panel as AnyPanel,
  RowPanel,
  VariableModel,
} from "@grafana/schema";
import type { Options as StatOptions } from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type {
  FieldConfig as StateTimelineFieldConfig,
  Options as StateTimelineOptions,
} from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type { Options as TimeSeriesOptions } from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

/*
 * A dashboard as Grafana's own types have it, with the options of each kind of panel that ours consists of. Where those are
 * enumerations of words, JSON has the words.
 */

/** In JSON, where a member of an enumeration is its word. */
type Json<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;

/** A query for the data source of Prometheus. Its types are in a package of their own that holds all of its editor. */
interface Query {
  refId: string;
  datasource: { type: "prometheus"; uid: string };
  expr: string;
  legendFormat: string;
  range: boolean;
  instant: boolean;
  editorMode: "code";
}

type Panel<Type extends string, Options, Field> =
  & Omit<AnyPanel, "type" | "options" | "fieldConfig" | "targets">
  & { type: Type; options: Options; fieldConfig: FieldConfigSource<Field>; targets: Query[] };

/** Asked of that data source, `query` is more than the schema of all variables says, and `definition` is what its editor shows. */
type Variable = Omit<VariableModel, "query"> & {
  definition?: string;
  query: string | { qryType: number; query: string; refId: string };
};

/** A file that Grafana imports. */
export type DashboardFile = Json<
  & Omit<Dashboard, "panels" | "templating">
  & {
    panels: (
      | RowPanel
      | Panel<"stat", StatOptions, Record<never, never>>
      | Panel<"timeseries", TimeSeriesOptions, GraphFieldConfig>
      | Panel<"state-timeline", StateTimelineOptions, StateTimelineFieldConfig>
    )[];
    templating: { list: Variable[] };
  }
>;
