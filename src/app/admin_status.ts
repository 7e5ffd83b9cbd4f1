import type { SourceStatus, Status } from "../admin/admin.ts";
import { VERSION } from "../cli/version.ts";
import { selectionsOf } from "../source/query.ts";
import { type AdminReadings, instant } from "./admin_readings.ts";

/** The program as a whole. */
export function statusOf(readings: AdminReadings): Status {
  const { options, store, health, reload, figures, observations, census, startedAt } = readings;
  const { environment, cluster, state, showPayloads } = options;
  const problems = health.problems();
  const counts = store.pending.endpoints().map((name) => store.pending.counts(name));
  const { updates } = figures;
  return {
    version: VERSION,
    startedAt: instant(startedAt),
    ...environment !== undefined && { environment },
    ...cluster !== undefined && { cluster },
    isReady: problems.length === 0,
    problems,
    notes: [...health.notes(), ...reload?.notes ?? []],
    source: sourceOf(readings),
    pods: census.take(),
    reasons: observations.reasons.read().map(({ at, value }) => {
      return { minute: instant(at), counts: Object.fromEntries(value) };
    }),
    store: {
      isHealthy: store.fault === undefined,
      ...store.fault !== undefined && { fault: store.fault },
      bytes: store.figures.bytes,
      isKept: state !== undefined,
    },
    ...reload !== undefined && {
      configuration: {
        isValid: reload.last.isSuccessful,
        checkedAt: instant(reload.last.at),
        ...reload.details !== undefined && { problem: reload.details },
      },
    },
    update: {
      isNewerAvailable: updates.isNewer,
      ...updates.at > 0 && { checkedAt: instant(updates.at) },
    },
    pending: counts.reduce((sum, { pending }) => sum + pending, 0),
    deadLetters: counts.reduce((sum, { deadLetters }) => sum + deadLetters, 0),
    showsPayloads: showPayloads,
  };
}

function sourceOf({ options, server, store: { inventory }, health, figures }: AdminReadings): SourceStatus {
  return {
    kind: options.source,
    server,
    scopes: selectionsOf(options).map(({ namespace }) => {
      const { isListed, silence } = health.viewOf(namespace);
      const resourceVersion = inventory.reached(namespace);
      return {
        ...namespace !== undefined && { namespace },
        isListed,
        ...resourceVersion !== undefined && { resourceVersion },
        silentSeconds: silence / 1_000,
      };
    }),
    lists: figures.lists,
    restarts: { ...figures.restarts },
    epoch: inventory.epoch,
  };
}
