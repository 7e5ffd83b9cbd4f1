import { exit } from "./standard_streams.ts";

/** What a shell expects of a program that a signal ended: 128 and the signal's number (POSIX, `sh`, 2.8.2). */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

type EndingSignal = keyof typeof EXIT_CODES;

/** The reason of the abort that a signal makes. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  constructor(readonly code: number) {
    super("a signal");
  }
}

/** What signals lead to. It may be replaced at any time. */
export interface SignalActions {
  /** Is given the second signal, before it ends the program. */
  onSecond(signal: EndingSignal): void;
  /** What SIGHUP leads to in place of the end: where there is a configuration file to be read again, and no terminal. */
  onHangup?: () => void;
  /** SIGUSR1. */
  onAsked(): void;
}

/** Whoever hears the signals that end the program, while anybody does. */
const listeners = new Map<EndingSignal, () => void>();

/**
 * Does what nothing is heard beside, and what may wait for long: meanwhile the system ends the program at a signal, as it does
 * where nobody listens. Not as PID 1, which no signal ends: the runtime makes a crash of it.
 */
export function endedBySignals<T>(work: () => T): T {
  if (Deno.pid === 1) return work();
  for (const [signal, listener] of listeners) Deno.removeSignalListener(signal, listener);
  try {
    return work();
  } finally {
    for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  }
}

/**
 * The first signal ends the program in an orderly way, the second at once. As PID 1 it would else be ignored. A terminal
 * that goes away (SIGHUP) is no reason to lose what is pending.
 *
 * SIGUSR1 is a question, and ends nothing, also where there is nothing to say yet. Nor does a file that may not grow
 * (SIGXFSZ of `ulimit -f`): the write fails, which whoever writes can tell.
 *
 * @returns what aborts with the first signal, its reason `Stopped`
 */
export function listenForSignals(actions: SignalActions): AbortSignal {
  const stop = new AbortController();
  for (const signal of Object.keys(EXIT_CODES) as EndingSignal[]) {
    if (Deno.build.os === "windows" && signal !== "SIGINT") continue;
    listeners.set(signal, () => {
      if (signal === "SIGHUP" && actions.onHangup !== undefined) return actions.onHangup();
      if (!stop.signal.aborted) return stop.abort(new Stopped(EXIT_CODES[signal]));
      actions.onSecond(signal);
      void exit(EXIT_CODES[signal]);
    });
  }
  for (const [signal, listener] of listeners) Deno.addSignalListener(signal, listener);
  if (Deno.build.os !== "windows") {
    Deno.addSignalListener("SIGUSR1", () => actions.onAsked());
    Deno.addSignalListener("SIGXFSZ", () => {});
  }
  return stop.signal;
}
