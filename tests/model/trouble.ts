import type { ModelApiServer } from "./api.ts";
import type { ModelDisk } from "./disk.ts";
import type { ModelEndpoint } from "./endpoint.ts";
import type { Command } from "./history.ts";
import type { Keys } from "./keys.ts";

/** What is around the program, and can go wrong. */
export interface Around {
  api: ModelApiServer;
  disk: ModelDisk;
  keys: Keys;
  endpoints: readonly ModelEndpoint[];
}

/** Trouble begins with one of these, or ends. Other commands are none. */
export function makeTrouble(command: Command, around: Around): void {
  const { api, disk, keys } = around;
  switch (command.do) {
    case "refuse":
      api.tellStreams("reset");
      api.refuses = true;
      return;
    case "accept":
      return api.heal();
    case "silence":
      api.faults.silent = true;
      return;
    case "fault":
      // A single pod that is said to be gone is gone: this would be a lie, and no fault.
      if (command.kind === "get" && command.status === 404) return;
      if (command.status === 403 && command.kind === "get") return refuseReads(api, command);
      api.faults.answers.push({ ...command, retryAfter: command.retryAfter });
      return;
    case "cut":
      api.faults.cuts.push(command);
      return;
    case "delay":
      api.delay = command.milliseconds;
      return;
    case "streams":
      return api.tellStreams(command.how);
    case "disk":
      if (command.how === "heal") return disk.heal();
      return disk.fail();
    case "rotate":
      return command.how === "add" ? keys.add() : keys.drop();
    case "answer":
    case "filter":
    case "lift":
      return turnEndpoint(command, around);
  }
}

/** An endpoint changes how it answers. */
function turnEndpoint(command: Command & { do: "answer" | "filter" | "lift" }, { endpoints }: Around): void {
  const endpoint = endpoints[command.endpoint % endpoints.length];
  if (endpoint === undefined) return;
  if (command.do === "answer") endpoint.script.push(...command.answers);
  else if (command.do === "filter") endpoint.filters.push(command.filter);
  else endpoint.filters.length = 0;
}

/** Three refusals in a row are as good as no right, without which a pod that lives is sent as deleted (docs/payload.md). */
function refuseReads({ faults }: ModelApiServer, command: Command & { do: "fault" }): void {
  const queued = faults.answers.filter(({ kind, status }) => kind === "get" && status === 403)
    .reduce((sum, { times = 1 }) => sum + times, 0);
  const times = Math.min(command.times, 2 - queued);
  if (times > 0) faults.answers.push({ ...command, times });
}
