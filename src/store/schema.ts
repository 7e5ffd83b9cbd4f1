/**
 * The tables. URLs and secrets are not in them: an endpoint is known by its name.
 *
 * - `pod`: the inventory. `seen` is the number of the last list that held it.
 * - `endpoint`: `lost` messages had to be given up since the instant `lost_since` and were not told yet.
 * - `body`: texts of pods, deflated; a row lives while a pod or a message of the same UID points at it. No foreign
 *   keys: to prove at each removal that nothing does, SQLite would need an index by body on both tables, a page more
 *   to write for each. `reduced`: see `pod/reduced.ts`.
 * - `outbox`: what is owed, numbered by `sqlite_outbox.ts`. `pod` is namespace/name, the unit of order; `due` is an
 *   instant of the process's monotonic clock, 0 means now.
 * - `told`: which endpoint accepted a message about which pod, and its last version.
 * - `log`: the last attempts at a delivery.
 * - `gone`: deletions seen lately; with `left_at`, pods that left the selection at that version.
 */
const FIRST = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE endpoint (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    lost INTEGER NOT NULL DEFAULT 0,
    lost_since INTEGER
  );
  CREATE TABLE body (
    id INTEGER PRIMARY KEY,
    deflated BLOB NOT NULL,
    reduced INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE pod (
    uid TEXT PRIMARY KEY,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    summary TEXT NOT NULL,
    body INTEGER NOT NULL,
    route TEXT,
    environment TEXT,
    seen INTEGER NOT NULL,
    remind_at INTEGER
  );
  CREATE INDEX pod_name ON pod (namespace, name);
  CREATE INDEX pod_remind ON pod (remind_at) WHERE remind_at IS NOT NULL;
  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    endpoint INTEGER NOT NULL REFERENCES endpoint (id),
    uid TEXT NOT NULL,
    pod TEXT NOT NULL,
    event TEXT NOT NULL,
    version TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    body INTEGER NOT NULL,
    reasons TEXT NOT NULL,
    transition INTEGER NOT NULL,
    occasion TEXT NOT NULL,
    phase TEXT,
    observed INTEGER,
    environment TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    strikes INTEGER NOT NULL DEFAULT 0,
    times_aside INTEGER NOT NULL DEFAULT 0,
    coalesced INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL DEFAULT 0,
    aside TEXT
  );
  CREATE INDEX outbox_seq ON outbox (endpoint, seq);
  CREATE INDEX outbox_due ON outbox (endpoint, due) WHERE due > 0;
  CREATE INDEX outbox_pod ON outbox (endpoint, pod, seq);
  CREATE INDEX outbox_uid ON outbox (uid, endpoint, seq);
  CREATE TABLE told (
    uid TEXT NOT NULL,
    endpoint INTEGER NOT NULL REFERENCES endpoint (id),
    version TEXT NOT NULL,
    PRIMARY KEY (uid, endpoint)
  ) WITHOUT ROWID;
  CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    endpoint TEXT NOT NULL,
    pod TEXT NOT NULL,
    event TEXT NOT NULL,
    version TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    milliseconds INTEGER NOT NULL
  );
  CREATE TABLE gone (uid TEXT PRIMARY KEY, at INTEGER NOT NULL, left_at TEXT) WITHOUT ROWID;
  CREATE INDEX gone_at ON gone (at);
`;

/**
 * What brings the tables from one format to the next: the first makes them out of nothing. SQLite's
 * `user_version` counts how many of them a file has been through. One that was released is never changed.
 */
export const MIGRATIONS: readonly string[] = [FIRST];

/** "k8sv", stored as SQLite's `application_id`: tells our file from any other database. */
export const APPLICATION_ID = 0x6b387376;
