import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Scope } from "../pod/pod.ts";
import { compareVersions } from "../pod/version.ts";
import type { Bodies } from "./bodies.ts";
import type { Binding, BodyId, Inventory, KnownPod } from "./inventory.ts";
import { POD_COLUMNS, readPod } from "./pod_row.ts";
import { prepareAll } from "./statements.ts";

/** Pods that one look for reminders finds; the next look finds the next ones. */
const REMINDED_AT_ONCE = 500;

/** `Inventory` on the tables `pod`, `gone` and `meta`. */
export class SqliteInventory implements Inventory {
  #epoch = 0;
  /** The number of the list that began last; see `pod.seen`. */
  #sync = 0;
  /** Of each scope, the number of the list that runs: lists of two namespaces run at once. */
  readonly #begun = new Map<Scope, number>();
  /** What of the table `meta` was read or written. */
  readonly #metas = new Map<string, string | undefined>();
  readonly #bodies: Bodies;
  #statements: Record<keyof typeof SQL, StatementSync>;

  constructor(database: DatabaseSync, bodies: Bodies) {
    this.#bodies = bodies;
    this.#statements = prepareAll(database, SQL);
    this.reload();
  }

  /** Reads again what is kept in memory: after a rollback it is not what the tables say. */
  reload(): void {
    this.#metas.clear();
    this.#epoch = Number(this.#meta("epoch") ?? 0);
    this.#sync = Number(this.#meta("sync") ?? 0);
  }

  /** Goes on with another database that holds the same. */
  moveTo(database: DatabaseSync): void {
    this.#statements = prepareAll(database, SQL);
  }

  get epoch(): number {
    return this.#epoch;
  }

  known(uid: string): KnownPod | undefined {
    return readPod(this.#statements.known.get(uid));
  }

  holder(namespace: string, name: string): KnownPod | undefined {
    return readPod(this.#statements.holder.get(namespace, name));
  }

  isPast(uid: string, resourceVersion: string): boolean {
    const row = this.#statements.gone.get(uid);
    if (row === undefined) return false;
    const left = row["left_at"] as string | null;
    return left === null || compareVersions(resourceVersion, left) < 0;
  }

  isSynced(scope: Scope): boolean {
    return this.#meta(keyOf("synced", scope)) !== undefined;
  }

  put(pod: Omit<KnownPod, "body">, text: string, remindAt: number | undefined): BodyId {
    const body = this.#putText(text, pod.uid);
    this.#statements.put.run(
      pod.uid,
      pod.namespace,
      pod.name,
      pod.resourceVersion,
      pod.epoch,
      JSON.stringify(pod.summary),
      body,
      pod.route === undefined ? null : JSON.stringify(pod.route),
      pod.environment ?? null,
      this.#sync,
      remindAt ?? null,
    );
    return body;
  }

  /** In place of the text before, which writes fewer pages; one that is waited for goes with its last message. */
  #putText(text: string, uid: string): BodyId {
    const before = this.#statements.body.get(uid)?.["body"] as BodyId | undefined;
    if (before === undefined || this.#statements.waiting.get(uid, before) !== undefined) {
      return this.#bodies.put(text);
    }
    this.#bodies.replace(before, text, false);
    return before;
  }

  bodyOf(pod: KnownPod): { text: string; reduced: boolean } {
    return this.#bodies.get(pod.body);
  }

  complete(pod: KnownPod, text: () => string): void {
    if (this.#bodies.isReduced(pod.body)) this.#bodies.replace(pod.body, text(), false);
  }

  get binding(): Binding | undefined {
    const text = this.#meta("binding");
    return text === undefined ? undefined : JSON.parse(text) as Binding;
  }

  bind(binding: Binding): void {
    this.#setMeta("binding", JSON.stringify(binding));
  }

  count(): number {
    return this.#statements.count.get()?.["count"] as number;
  }

  forgetOutside(namespaces: string[]): number {
    const outside = this.#statements.all.all().filter((row) =>
      !namespaces.includes(row["namespace"] as string)
    );
    for (const row of outside) this.remove(row["uid"] as string, undefined);
    return outside.length;
  }

  reached(scope: Scope): string | undefined {
    return this.#meta(keyOf("reached", scope));
  }

  setReached(scope: Scope, resourceVersion: string): void {
    this.#setMeta(keyOf("reached", scope), resourceVersion);
  }

  startReminders(): void {
    this.#statements.startReminders.run();
  }

  isOfOneEpoch(): boolean {
    return this.#statements.ofOtherEpoch.get(this.#epoch) === undefined;
  }

  reroute({ uid }: KnownPod, route: string[] | undefined, environment: string | undefined): void {
    this.#statements.reroute.run(
      route === undefined ? null : JSON.stringify(route),
      environment ?? null,
      uid,
    );
  }

  versions(): { uid: string; resourceVersion: string }[] {
    return this.#statements.versions.all().map((row) => ({
      uid: row["uid"] as string,
      resourceVersion: row["version"] as string,
    }));
  }

  remove(uid: string, gone: { at: number; left?: string } | undefined): void {
    const body = this.#statements.body.get(uid)?.["body"] as BodyId | undefined;
    this.#statements.remove.run(uid);
    this.#statements.untell.run(uid);
    if (gone !== undefined) this.#statements.putGone.run(uid, gone.at, gone.left ?? null);
    if (body !== undefined) this.#bodies.release(body, uid);
  }

  beginSync(scope: Scope, rewound: boolean): void {
    this.#setMeta("sync", String(++this.#sync));
    this.#begun.set(scope, this.#sync);
    // Each namespace has a list of its own, and each of these tells of the same way back, be it after a restart.
    const before = Number(this.#meta(keyOf("epoch", scope)) ?? 0);
    if (rewound && before === this.#epoch) this.#setMeta("epoch", String(++this.#epoch));
    this.#setMeta(keyOf("epoch", scope), String(this.#epoch));
    if (rewound) this.#statements.pruneGone.run(Number.MAX_SAFE_INTEGER);
  }

  mark(uid: string): void {
    this.#statements.mark.run(this.#sync, uid);
  }

  missing(scope: Scope): KnownPod[] {
    const begun = this.#begun.get(scope) ?? 0;
    const rows = scope === undefined
      ? this.#statements.missing.all(begun)
      : this.#statements.missingIn.all(begun, scope);
    return rows.flatMap((row) => readPod(row) ?? []);
  }

  endSync(scope: Scope): void {
    this.#setMeta(keyOf("synced", scope), "1");
  }

  remindable(now: number, interval: number): KnownPod[] {
    // A time far ahead was set before the wall clock went back.
    return this.#statements.remindable.all(now, now + interval).flatMap((row) => readPod(row) ?? []);
  }

  setReminder(uid: string, remindAt: number): void {
    this.#statements.setReminder.run(remindAt, uid);
  }

  /** Forgets deletions seen before this instant. */
  prune(before: number): void {
    this.#statements.pruneGone.run(before);
  }

  #meta(key: string): string | undefined {
    if (!this.#metas.has(key)) {
      this.#metas.set(key, this.#statements.meta.get(key)?.["value"] as string | undefined);
    }
    return this.#metas.get(key);
  }

  #setMeta(key: string, value: string): void {
    this.#statements.setMeta.run(key, value);
    this.#metas.set(key, value);
  }
}

const SQL = {
  ofOtherEpoch: "SELECT 1 FROM pod WHERE epoch <> ? LIMIT 1",
  reroute: "UPDATE pod SET route = ?, environment = ? WHERE uid = ?",
  count: "SELECT count(*) AS count FROM pod",
  all: "SELECT uid, namespace FROM pod",
  versions: "SELECT uid, version FROM pod ORDER BY uid",
  startReminders:
    "UPDATE pod SET remind_at = 0 WHERE remind_at IS NULL AND json_extract(summary, '$.duress')",
  known: `SELECT ${POD_COLUMNS} FROM pod WHERE uid = ?`,
  body: "SELECT body FROM pod WHERE uid = ?",
  holder: `SELECT ${POD_COLUMNS} FROM pod WHERE namespace = ? AND name = ?`,
  put: `INSERT INTO pod (${POD_COLUMNS}, seen, remind_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET version = excluded.version, epoch = excluded.epoch, summary = excluded.summary,
      body = excluded.body, route = excluded.route, environment = excluded.environment, seen = excluded.seen,
      remind_at = excluded.remind_at`,
  waiting: "SELECT 1 FROM outbox WHERE uid = ? AND body = ? LIMIT 1",
  remove: "DELETE FROM pod WHERE uid = ?",
  untell: "DELETE FROM told WHERE uid = ?",
  mark: "UPDATE pod SET seen = ? WHERE uid = ?",
  missing: `SELECT ${POD_COLUMNS} FROM pod WHERE seen < ? ORDER BY uid`,
  missingIn: `SELECT ${POD_COLUMNS} FROM pod WHERE seen < ? AND namespace = ? ORDER BY uid`,
  remindable:
    `SELECT ${POD_COLUMNS} FROM pod WHERE remind_at <= ? OR remind_at > ? LIMIT ${REMINDED_AT_ONCE}`,
  setReminder: "UPDATE pod SET remind_at = ? WHERE uid = ?",
  gone: "SELECT left_at FROM gone WHERE uid = ?",
  putGone: "INSERT OR REPLACE INTO gone (uid, at, left_at) VALUES (?, ?, ?)",
  pruneGone: "DELETE FROM gone WHERE at < ?",
  meta: "SELECT value FROM meta WHERE key = ?",
  setMeta: "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
} as const;

/** Of each scope: the epoch in which it was listed last, the version up to which it was seen, whether wholly. */
function keyOf(what: "epoch" | "reached" | "synced", scope: Scope): string {
  return `${what} ${scope ?? ""}`;
}
