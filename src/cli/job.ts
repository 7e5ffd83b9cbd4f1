import type { Scheme } from "../route/endpoint_settings.ts";

/** A command that goes on for a while: what it is to do. `main.ts` hands it to `src/app/`. */
export type Job = ReceiveOptions | SendTestOptions | OperateOptions;

/** What to receive, and how to answer. Durations are milliseconds. */
export interface ReceiveOptions {
  command: "receive";
  host: string;
  port: number;
  /** Empty: nothing is verified. */
  secrets: string[];
  output: "line" | "json";
  /** `every`: for each delivery whose number it divides. */
  answer: { status: number | "hang up"; delay: number; retryAfter?: number; every: number };
  /** Only with secrets. */
  exec?: { argv: string[]; timeout: number };
}

/** What to send, and where. */
export interface SendTestOptions {
  command: "send-test";
  url: URL;
  /** Empty: it is not signed. */
  secrets: string[];
  signatures: Scheme[];
  /** Milliseconds. */
  timeout: number;
  output: "table" | "json";
}

/** What a program is asked, or is to do. */
export type Operation =
  | { kind: "status" }
  /** `filters`: parameters of the API. */
  | { kind: "deliveries"; endpoint?: string; filters: Record<string, string> }
  | { kind: "delivery"; endpoint: string; id: string }
  | { kind: "redeliver" | "discard"; endpoint: string; id?: string }
  | { kind: "resync"; endpoint?: string; since?: string }
  | { kind: "pause" | "resume"; endpoint: string };

/** Where the program is, and how to print what it answers. */
export interface Reach {
  server: URL;
  /** Absent: none is shown. */
  token?: string;
  output: "table" | "json" | "yaml";
}

/** The same, and what to do. */
export interface OperateOptions extends Reach {
  command: "operate";
  operation: Operation;
}
