import { parse } from "yaml";

/** One alert of kube/monitoring/rules.yaml. */
export interface Alert {
  alert: string;
  expr: string;
  for?: string;
}

/** Groups of alerts, as Prometheus itself takes them. */
export interface AlertGroups {
  groups: { name: string; rules: Alert[] }[];
}

/** Reads them. */
export async function readAlertGroups(): Promise<AlertGroups> {
  const text = await Deno.readTextFile(new URL("../../kube/monitoring/rules.yaml", import.meta.url));
  return (parse(text) as { spec: AlertGroups }).spec;
}
