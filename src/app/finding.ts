import type { Log, LogFields } from "../runtime/log.ts";
import type { Account, SendTestWorld } from "./trial.ts";
import type { World } from "./world.ts";

/** What became of one thing that `k8svent doctor` looked at. The message is for people and says what to do. */
export interface Finding {
  /** What was looked at, in a word or two. */
  check: string;
  /**
   * - `failed`: a run would not work, or not in full; `warning`: it would, and perhaps not as is meant;
   * - `skipped`: nobody knows, and the message says why.
   */
  outcome: "ok" | "warning" | "failed" | "skipped";
  message: string;
  /** What happened to the test message, where one was sent. */
  account?: Account;
}

/** What `k8svent doctor` needs of the world. */
export interface DoctorWorld extends Pick<World, "clock" | "random" | "env" | "realPath" | "stop"> {
  /** So many bytes that nobody can guess. */
  randomBytes: SendTestWorld["random"];
  /** Is given what is being looked at. */
  begin: (what: string) => void;
  /** Is given each finding as it is made. */
  found: (finding: Finding) => Promise<void>;
}

/** All is as it should be. */
export function good(check: string, message: string): Finding {
  return { check, outcome: "ok", message };
}

/** A run would not work. */
export function failed(check: string, message: string): Finding {
  return { check, outcome: "failed", message };
}

/** A run would work, and perhaps not as is meant. */
export function warning(check: string, message: string): Finding {
  return { check, outcome: "warning", message };
}

/** It was not looked at. @param why a clause, or a sentence */
export function skipped(check: string, why: string): Finding {
  return { check, outcome: "skipped", message: why };
}

/** Keeps what a part of the run says, where that is the finding. */
export class CollectedLog implements Log {
  /** From `info` on, and `debug` apart. */
  readonly messages: { level: "info" | "warn" | "error"; message: string }[] = [];
  readonly debugMessages: string[] = [];

  debug(message: string, _fields?: LogFields): void {
    this.debugMessages.push(message);
  }

  info(message: string, _fields?: LogFields): void {
    this.messages.push({ level: "info", message });
  }

  warn(message: string, _fields?: LogFields): void {
    this.messages.push({ level: "warn", message });
  }

  error(message: string, _fields?: LogFields): void {
    this.messages.push({ level: "error", message });
  }

  /** What is not as it should be, as warnings about one thing. */
  warnings(check: string): Finding[] {
    return this.messages.filter(({ level }) => level !== "info").map(({ message }) =>
      warning(check, message)
    );
  }
}
