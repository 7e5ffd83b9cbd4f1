import { CONTENT } from "./message_row.ts";

/**
 * A message that was set aside so often in a row no longer holds up its pod: a newer version takes its place,
 * and the next pod of that name passes it. Until then it may have met an endpoint that was not itself.
 */
export const STUCK = 3;

/** The statements of the outbox. */
export const SQL = {
  insert:
    `INSERT INTO outbox (seq, endpoint, pod, uid, ${CONTENT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  replace: `UPDATE outbox SET (${CONTENT}) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?),
    coalesced = coalesced + ?, attempts = 0, strikes = 0, due = 0, aside = NULL, times_aside = 0 WHERE seq = ?`,
  absorb: "UPDATE outbox SET coalesced = coalesced + ?, reasons = ? WHERE seq = ?",
  last: "SELECT * FROM outbox WHERE uid = ? AND endpoint = ? ORDER BY seq DESC LIMIT 1",
  next: "SELECT * FROM outbox WHERE uid = ? AND endpoint = ? AND seq > ? ORDER BY seq LIMIT 1",
  transitions: "SELECT * FROM outbox WHERE uid = ? AND endpoint = ? AND transition = 1 ORDER BY seq",
  concerned: `SELECT DISTINCT name FROM endpoint JOIN
    (SELECT endpoint FROM told WHERE uid = ? UNION SELECT endpoint FROM outbox WHERE uid = ?) ON endpoint = id`,
  isTold: "SELECT 1 FROM told WHERE uid = ? AND endpoint = ?",
  // A bare `LIMIT ?` is compiled anew at each call, for ten times its cost: SQLite (3.50) plans by its value.
  heads:
    `SELECT seq, pod FROM outbox AS head INDEXED BY outbox_seq WHERE endpoint = ? AND due <= ? AND NOT EXISTS
    (SELECT 1 FROM outbox AS older WHERE older.endpoint = head.endpoint AND older.pod = head.pod
      AND older.seq < head.seq AND (older.times_aside < ${STUCK} OR older.uid = head.uid))
    ORDER BY seq LIMIT ? + 0`,
  message:
    `SELECT *, EXISTS (SELECT 1 FROM pod WHERE pod.uid = outbox.uid AND pod.body = outbox.body) AS newest
    FROM outbox WHERE seq = ?`,
  counts: "SELECT endpoint, count(*) AS count FROM outbox GROUP BY endpoint",
  remove: "DELETE FROM outbox WHERE seq = ? RETURNING endpoint, uid, body",
  highest: "SELECT max(seq) AS seq FROM outbox",
  tell: `INSERT OR REPLACE INTO told (uid, endpoint, version)
    SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM pod WHERE uid = ?1)`,
  failed: "UPDATE outbox SET attempts = ?, strikes = ?, due = ?, aside = ?, times_aside = ? WHERE seq = ?",
  defer: "UPDATE outbox SET due = ? WHERE seq = ?",
  resume: "UPDATE outbox SET due = ? WHERE seq = ? AND due = 9e999",
  nextDue: "SELECT min(due) AS due FROM outbox WHERE endpoint = ? AND due > ? AND due > 0",
  isWaiting: "SELECT 1 FROM outbox WHERE endpoint = ? AND aside IS NULL LIMIT 1",
  owed: "SELECT count(*) - count(aside) AS waiting, count(aside) AS aside FROM outbox WHERE endpoint = ?",
  retryAside: "UPDATE outbox SET due = 0, aside = NULL WHERE endpoint = ? AND aside IS NOT NULL",
  aside: "SELECT pod, aside, attempts FROM outbox WHERE endpoint = ? AND aside IS NOT NULL ORDER BY seq",
  rows: "SELECT seq FROM outbox WHERE endpoint = ?",
  owing: "SELECT name FROM endpoint WHERE id IN (SELECT endpoint FROM outbox) ORDER BY name",
} as const;
