import { deadLettersOf, deliveriesOf, operating, resyncOf } from "./operate.ts";
import {
  DELIVERIES_PAGE,
  DISCARD_PAGE,
  PAUSE_PAGE,
  REDELIVER_PAGE,
  RESUME_PAGE,
  RESYNC_PAGE,
  STATUS_PAGE,
} from "./operate_pages.ts";
import type { Tool, ToolPage } from "./tool.ts";

/** A command that asks a running program, or has it do something. */
export type Operating = "status" | "deliveries" | "redeliver" | "discard" | "resync" | "pause" | "resume";

/** All of them. */
export const OPERATE: Readonly<Record<Operating, Tool>> = {
  status: tool(STATUS_PAGE, () => ({ kind: "status" })),
  deliveries: tool(DELIVERIES_PAGE, deliveriesOf),
  redeliver: tool(REDELIVER_PAGE, deadLettersOf("redeliver")),
  discard: tool(DISCARD_PAGE, deadLettersOf("discard")),
  resync: tool(RESYNC_PAGE, resyncOf),
  pause: tool(PAUSE_PAGE, ({ operands: [endpoint = ""] }) => ({ kind: "pause", endpoint })),
  resume: tool(RESUME_PAGE, ({ operands: [endpoint = ""] }) => ({ kind: "resume", endpoint })),
};

function tool(page: ToolPage, operationOf: Parameters<typeof operating>[1]): Tool {
  return { pages: [page], carryOut: operating(page, operationOf) };
}
