import type { ModelEndpoint } from "./endpoint.ts";
import { type History, PODS } from "./history.ts";
import { broken, isExcused, unannouncedLosses, unmet, unsentBy } from "./oracle.ts";
import type { Unmet } from "./unmet.ts";
import { lineOf } from "./show.ts";
import { ModelWorld } from "./world.ts";

const MINUTE = 60_000;

/**
 * Minutes after which all has arrived once things are calm, dead letters apart. A watch that fell silent is noticed
 * after 255 s (`timeoutSeconds` + 15 s), a list waits 30 s at most, an endpoint that failed is tried after 5 minutes
 * at most (the README's), or when it asked to be (at most 10 minutes after the beginning, in the model). Each of
 * these is waited for once, at the same time or one after the other.
 */
const CALM = 15;

/** And all the others: a dead letter is tried each hour. */
const DEAD_LETTERS = 65;

/** What a second restore adds: epochs in a row are held apart, by up to an hour. */
const RESTORES = 120;

/** Restarts of each pod in a wave: fewer than would be thinned out. */
const WAVE = 6;

/** Waves of transitions, and milliseconds between them: longer than a circuit is open. */
const WAVES = 4;
const BETWEEN_WAVES = 2 * MINUTE;

/** Milliseconds in which a wave is through, but for the disk; the endpoints of the model answer at once. */
const FLOWS = 2_000;

/**
 * Plays one history: what happens, then calm, then the end of all filters. Returns what is wrong, as sentences.
 *
 * @param folder an empty one; the caller removes it
 */
export async function play(history: History, folder: string): Promise<string[]> {
  const world = new ModelWorld(history, folder);
  for (const command of history.commands) await world.act(command);
  await world.calm();
  // What was given up is announced with the next delivery, and by it alone.
  if (world.setup.small) nudge(world);
  const before = new Map(world.endpoints.map((endpoint) => [endpoint, endpoint.deliveries.length]));
  const late = await within(
    world,
    CALM,
    (one) => !isExcused(one) && !isSilenced(world, one.endpoint, before.get(one.endpoint)),
  );
  const flows = timeOfWave(world);
  const slow = late.length === 0 ? await flood(world, flows) : [];
  if (world.setup.deadLetters === "discard") world.handleDeadLetters("discard");
  world.lift();
  if (world.setup.deadLetters === "redeliver") world.handleDeadLetters("redeliver");
  if (world.setup.small) nudge(world);
  const minutes = world.setup.deadLetters === "redeliver" ? CALM : DEAD_LETTERS;
  const never = await within(world, minutes, () => true);
  world.inspect();
  // A heartbeat comes each minute, when the disk has it.
  await world.clock.advance(MINUTE + 2 * world.setup.sync);
  // What a resync sends is not held against the claims, so these come first.
  const wrong = broken(world);
  const unsent = never.length === 0 ? await resync(world) : [];
  await world.close();
  return [
    ...late.map(({ text }) => `${text}, ${CALM} minutes after calm began`),
    ...slow.map(({ text }) => `${text}, ${flows / 1_000} seconds after it happened`),
    ...never.map(({ text }) => text),
    ...new Set([...wrong, ...world.problems]),
    ...unsent,
  ];
}

/**
 * Whether room is so short that of what is pending for an endpoint only what it does not take was left: what was given up
 * is announced with the next message that it takes.
 *
 * @param since how many messages it had got when calm began
 */
function isSilenced(
  { setup }: ModelWorld,
  { deliveries, poisoned }: ModelEndpoint,
  since: number | undefined,
): boolean {
  const sent = deliveries.slice(since);
  return setup.small && sent.length > 0 &&
    sent.every(({ accepted, pod }) => !accepted && poisoned.has(lineOf(pod)));
}

/**
 * Every pod is sent once more, in the time that calm takes: what waits already, since its endpoint asked for that, is not
 * sent a second time. Where room is short some may not be.
 */
async function resync(world: ModelWorld): Promise<string[]> {
  const before = new Map(world.operators.map((endpoint) => [endpoint, endpoint.deliveries.length]));
  world.resync({ endpoint: undefined, isRecent: false });
  await world.clock.advance(2 * MINUTE + 2 * world.setup.sync);
  const unsent = (): string[] => world.setup.small ? [] : unsentBy(world, before);
  for (let passed = 2; passed < CALM && unsent().length > 0; passed++) await world.clock.advance(MINUTE);
  return [
    ...unsent(),
    ...world.operators.flatMap((endpoint) => unannouncedLosses(endpoint, before.get(endpoint) ?? 0)),
  ];
}

/**
 * Whatever an endpoint does not take, the rest flows: waves of transitions, which nothing may coalesce. The first ones
 * show the program which messages are at fault; in the last, nothing may wait but what an endpoint does not take.
 */
async function flood(world: ModelWorld, flows: number): Promise<Unmet[]> {
  const { source, small, selector } = world.setup;
  const isFiltered = world.endpoints.some(({ filters }) => filters.length > 0);
  if (!isFiltered || source === "poll" || small || selector) return [];
  for (let wave = 1; wave < WAVES; wave++) {
    restartAll(world);
    await world.clock.advance(BETWEEN_WAVES);
  }
  restartAll(world);
  await world.clock.advance(flows);
  return unmet(world, (one) => !isExcused(one) && one.endpoint.poisoned.size < MANY);
}

/**
 * Pods of which an endpoint takes none that may look, between two waves, like an endpoint that is down: nothing is
 * accepted between their failures (three open the circuit, for a minute at most: src/delivery/decision.ts).
 */
const MANY = 3;

/**
 * Each message of a pod waits until the end of the one before it is durable (W2 in src/store/store.ts): for a sync that is under
 * way at the worst, and for its own.
 */
function timeOfWave({ setup }: ModelWorld): number {
  return FLOWS + 2 * WAVE * setup.sync;
}

/** Lets minutes pass until nothing is missing; returns what is missing then. */
async function within(world: ModelWorld, minutes: number, counts: (one: Unmet) => boolean): Promise<Unmet[]> {
  const missing = (): Unmet[] => unmet(world, counts);
  const most = minutes + (world.cluster.generation > 1 ? RESTORES : 0);
  let step = 1;
  for (let passed = 0; passed < most; passed += step, step = Math.min(2 * step, most - passed)) {
    if (missing().length === 0) return [];
    await world.clock.advance(step * MINUTE);
  }
  return missing();
}

/** Every pod restarts, over and over. */
function restartAll({ cluster }: ModelWorld): void {
  for (const pod of PODS.keys()) {
    for (let time = 0; time < WAVE; time++) cluster.transition(pod, "restart");
  }
}

/**
 * Something is to be delivered to every operator's endpoint: what was given up is announced with it. About each pod, since
 * an endpoint may refuse what is about one.
 */
function nudge({ cluster, setup }: ModelWorld): void {
  for (const index of PODS.keys()) {
    cluster.create(index, "none");
    cluster.change(index, "label");
    const isSelected = cluster.pod(index)?.metadata.labels?.["app"] === "shop";
    if (setup.selector && !isSelected) cluster.change(index, "select");
  }
}
