import type { Summary } from "../change/summary.ts";
import type { BodyId, KnownPod } from "./inventory.ts";
import type { Row } from "./statements.ts";

/** The columns of the table `pod` that say what is known of a pod. */
export const POD_COLUMNS = "uid, namespace, name, version, epoch, summary, body, route, environment";

/** The pod that a row of these columns tells of; undefined where there is no row. */
export function readPod(row: Row | undefined): KnownPod | undefined {
  if (row === undefined) return undefined;
  return {
    uid: row["uid"] as string,
    namespace: row["namespace"] as string,
    name: row["name"] as string,
    resourceVersion: row["version"] as string,
    epoch: row["epoch"] as number,
    summary: JSON.parse(row["summary"] as string) as Summary,
    body: row["body"] as BodyId,
    route: row["route"] === null ? undefined : JSON.parse(row["route"] as string) as string[],
    environment: (row["environment"] as string | null) ?? undefined,
  };
}
