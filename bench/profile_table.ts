/** A CPU profile as V8 gives it: a tree of calls, and which node was running at each look. */
export interface Profile {
  /** Microseconds since the machine's start. */
  startTime: number;
  nodes: { id: number; callFrame: { functionName: string; url: string } }[];
  samples: number[];
  /** Microseconds before each look. */
  timeDeltas: number[];
}

/** Where V8 puts what is no function: nothing ran, or what ran was not JavaScript's. */
const IDLE = "(idle)";

/** The part of a profile between two instants. */
export function cutProfile(profile: Profile, from: number, to: number): Profile {
  const kept: [sample: number, delta: number][] = [];
  let at = profile.startTime;
  for (const [index, delta] of profile.timeDeltas.entries()) {
    at += delta;
    if (at >= from && at < to) kept.push([profile.samples[index] ?? 0, delta]);
  }
  const [samples, timeDeltas] = [kept.map(([sample]) => sample), kept.map(([, delta]) => delta)];
  return { ...profile, startTime: Math.max(from, profile.startTime), samples, timeDeltas };
}

/**
 * What was running itself, callees not counted, by file and by function, in microseconds for each of so many things
 * that were done and as a share of the time that was not idle.
 *
 * @param top how many functions; the rest is summed up
 * @param root a URL that is cut off where a file's begins with it
 */
export function printProfile(profile: Profile, count: number, top: number, root: string): string {
  const nodes = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [files, functions] = [new Map<string, number>(), new Map<string, number>()];
  let busy = 0;
  for (const [index, sample] of profile.samples.entries()) {
    const { functionName = "", url = "" } = nodes.get(sample) ?? {};
    if (functionName === IDLE) continue;
    // A sample stands for the time until the next one.
    const time = profile.timeDeltas[index + 1] ?? 0;
    const file = nameFile(url, functionName, root);
    busy += time;
    add(files, file, time);
    add(functions, url === "" ? functionName : `${functionName || "(anonymous)"}  ${file}`, time);
  }
  const table = (title: string, times: Map<string, number>): string => {
    const rows = [...times].toSorted(([, one], [, other]) => other - one);
    const rest = rows.slice(top).reduce((sum, [, time]) => sum + time, 0);
    const shown = rest > 0 ? [...rows.slice(0, top), [`(${rows.length - top} more)`, rest] as const] : rows;
    const lines = shown.map(([name, time]) =>
      `${(time / count).toFixed(1).padStart(9)} ${(time / busy * 100).toFixed(1).padStart(5)}%  ${name}`
    );
    return [`${"µs each".padStart(9)}  ${"".padStart(4)}   by ${title}`, ...lines].join("\n");
  };
  const total = `${(busy / count).toFixed(1).padStart(9)}   100%  main thread`;
  return [total, table("file", files), table("function", functions)].join("\n");
}

/** A package's files count as one; what has no file is called by what it is. */
function nameFile(url: string, functionName: string, root: string): string {
  if (url === "") return functionName.startsWith("(") ? functionName : "(native)";
  const [, registry] = /\/npm\/[^/]+\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (registry !== undefined) return `npm:${registry}`;
  return url.startsWith(root) ? url.slice(root.length) : url;
}

function add(times: Map<string, number>, name: string, time: number): void {
  times.set(name, (times.get(name) ?? 0) + time);
}
