import { MARK } from "../../kit/confidential.ts";
import type { Area } from "../situation.ts";

/** A command beside the run, and no cluster. */
function tool(...args: string[]): Area[string] {
  return { args, cluster: null };
}

export const TOOLS: Area = {
  "tail of all namespaces and of one": tool("tail", "-A", "-n", "shop"),
  "tail of a reason that there is not": tool("tail", "--reasons", "redy"),
  "tail where there is no cluster": tool("tail"),
  "tail with a flag of the run that it does not have": tool("tail", "--state", "{dir}/state.db"),
  "doctor with a flag that there is not": tool("doctor", "--nosend"),
  "doctor with a webhook that is no URL": tool("doctor", "--url", `hooks.example.com/${MARK}`),
  "doctor with a format that there is not": tool("doctor", "-o", "xml"),
  "status with a flag that has one dash": tool("status", "-server", "127.0.0.1:{free}"),
  "status with a dash of a document": tool("status", "\u2014server", "127.0.0.1:{free}"),
  "status with a token's file of an empty variable": tool("status", "--token-file", ""),
  "discard of an empty id": tool("discard", "hook", ""),
  "explain of a pod without its namespace": tool("explain", "pod/web-0"),
};
