import assert from "node:assert/strict";
import { TestClock } from "../../tests/kit/clock.ts";
import type { Turn } from "../delivery/standing.ts";
import type { WorkerFigures } from "../delivery/workers.ts";
import { newEndpoint } from "../delivery/endpoint_state.ts";
import { type EndpointEvent, EndpointEvents } from "./endpoint_events.ts";

const MINUTE = 60_000;

/** Endpoints whose state a test sets, looked at each minute. */
class Rig {
  readonly clock = new TestClock(undefined, () => Promise.resolve());
  readonly said: EndpointEvent[] = [];
  isPaused = false;
  /** What the store keeps. */
  readonly kept = new Map<string, string>();
  readonly counts = { pending: 0, deadLetters: 0, inFlight: 0 };
  readonly #turns = new Map<string, Turn>();
  events = this.#start();

  #start(): EndpointEvents {
    return new EndpointEvents({
      clock: this.clock,
      workers: figuresOf(() => this.#turns),
      store: {
        pending: {
          counts: () => this.counts,
          isPaused: () => this.isPaused,
          deadLetters: () => [{ ...LETTER, why: "it answered 422" }],
        },
        lastEvents: {
          lastEvent: (name) => this.kept.get(name),
          setLastEvent: (name, event) => void this.kept.set(name, event),
        },
      },
      say: (event) => void this.said.push(event),
    });
  }

  /** Another process begins, of which no endpoint has accepted anything yet. */
  restart(): void {
    this.events = this.#start();
    for (const name of this.#turns.keys()) this.turn(false, { name, hasAccepted: false });
  }

  /** An endpoint turns now: it fails for a reason, or it accepted something. */
  turn(
    isFailing: boolean,
    { name = "a", isDisabled = false, hasAccepted = !isFailing, isRefusing = isFailing } = {},
  ): void {
    const [began, since] = [this.clock.monotonic(), this.clock.now()];
    this.#turns.set(name, {
      isFailing,
      isDisabled,
      hasAccepted,
      began,
      since,
      why: "it answered 500",
      isRefusing,
    });
  }

  remove(name = "a"): void {
    this.#turns.delete(name);
    this.kept.delete(name);
  }

  /** Lets minutes pass, with a look at the end of each. Gives what was said meanwhile. */
  async minutes(count: number): Promise<EndpointEvent[]> {
    for (let minute = 0; minute < count; minute++) {
      await this.clock.advance(MINUTE);
      this.events.look();
    }
    return this.said.splice(0);
  }

  async kinds(minutes: number): Promise<string[]> {
    return (await this.minutes(minutes)).map(({ endpoint, kind }) => `${endpoint} ${kind}`);
  }
}

const LETTER = { pod: "default/web-0", uid: "u", resourceVersion: "1", tries: 6, superseded: false };

function figuresOf(turns: () => Map<string, Turn>): { readonly figures: WorkerFigures[] } {
  return {
    get figures(): WorkerFigures[] {
      return [...turns()].map(([name, turn]) => {
        return { name, isOfAnnotation: name.startsWith("annotation"), state: newEndpoint(1), turn };
      });
    },
  };
}

function withRig(sentence: string, test: (rig: Rig) => Promise<void>): void {
  Deno.test(sentence, async () => {
    const rig = new Rig();
    rig.turn(false);
    await test(rig);
  });
}

withRig("an endpoint that works has no events", async (rig) => {
  assert.deepEqual(await rig.minutes(1_000), []);
});

withRig("an endpoint that fails for a minute is said to, once, with since when and why", async (rig) => {
  await rig.minutes(5);
  rig.turn(true);
  rig.counts.pending = 3;
  assert.deepEqual(await rig.minutes(1), [{
    endpoint: "a",
    kind: "failing",
    since: rig.clock.now() - MINUTE,
    pending: 3,
    deadLetters: 0,
    lost: 0,
    why: "Endpoint a has accepted nothing for 60 s: it answered 500. 3 messages are pending for it.",
  }]);
  assert.deepEqual(await rig.minutes(100), []);
});

withRig("a failure of less than a minute is not said, also where it comes again and again", async (rig) => {
  for (let times = 0; times < 20; times++) {
    await rig.clock.advance(30_000);
    rig.turn(true);
    await rig.clock.advance(29_000);
    rig.events.look();
    rig.turn(false);
    await rig.clock.advance(1_000);
    rig.events.look();
    // Down at each look, and never for a minute.
    await rig.clock.advance(50_000);
    rig.turn(true);
    await rig.clock.advance(10_000);
    rig.events.look();
    rig.turn(false);
  }
  assert.deepEqual(rig.said, []);
});

withRig(
  "an endpoint that works again for a minute is said to, ten minutes after it failed at the earliest",
  async (rig) => {
    rig.turn(true);
    assert.deepEqual(await rig.kinds(2), ["a failing"]);
    rig.turn(false);
    assert.deepEqual(await rig.kinds(8), []);
    rig.counts.pending = 1;
    const [event, ...more] = await rig.minutes(1);
    assert.equal(event?.why, "Endpoint a works again, for 9 min now: 1 message is pending for it.");
    assert.equal(event?.kind, "recovered");
    assert.deepEqual(more, []);
    assert.deepEqual(await rig.minutes(100), []);
  },
);

withRig(
  "an endpoint that goes up and down has an event each ten minutes, and its last state is said",
  async (rig) => {
    for (let times = 0; times < 10; times++) {
      rig.turn(true);
      await rig.clock.advance(3 * MINUTE);
      rig.events.look();
      rig.turn(false);
      await rig.clock.advance(3 * MINUTE);
      rig.events.look();
    }
    const flapping = rig.said.length;
    assert.ok(flapping >= 3 && flapping <= 7, `${flapping} events in an hour`);
    await rig.minutes(20);
    rig.turn(true);
    const said = await rig.kinds(11);
    assert.deepEqual(said, ["a failing"]);
    rig.turn(false);
    await rig.clock.advance(2 * MINUTE);
    rig.turn(true);
    assert.deepEqual(await rig.kinds(30), [], "it fails, as was said");
    rig.turn(false);
    assert.deepEqual(await rig.kinds(30), ["a recovered"]);
  },
);

withRig(
  "an endpoint with other settings, that accepted nothing yet, is not said to work again",
  async (rig) => {
    rig.turn(true);
    rig.counts.pending = 1;
    assert.deepEqual(await rig.kinds(2), ["a failing"]);
    rig.turn(false, { hasAccepted: false });
    assert.deepEqual(await rig.kinds(60), []);
    rig.turn(false);
    assert.deepEqual(await rig.kinds(1), ["a recovered"]);
  },
);

withRig(
  "an endpoint that accepts nothing is said to fail, also where that may be the fault of its messages",
  async (rig) => {
    rig.turn(false, { isRefusing: true });
    rig.counts.pending = 2;
    assert.deepEqual(await rig.kinds(2), ["a failing"]);
    rig.counts.deadLetters = 2;
    assert.deepEqual(await rig.kinds(20), ["a dead-letters"]);
    rig.counts.pending = 3;
    assert.deepEqual(await rig.kinds(1), [], "what is under way may be another dead letter by the next look");
    rig.counts.deadLetters = 3;
    assert.deepEqual(await rig.kinds(20), []);
  },
);

withRig("an endpoint that answered 410 says what brings it back", async (rig) => {
  rig.turn(true, { isDisabled: true });
  const [event] = await rig.minutes(1);
  assert.equal(
    event?.why,
    "Endpoint a answered 410 Gone 60 s ago: no messages are pending for it, and nothing is sent until k8svent resume a, SIGUSR1 or a restart.",
  );
});

withRig("a dead letter is said when it has been one for a minute, then at 10, 100 and 1,000", async (rig) => {
  rig.counts.deadLetters = 1;
  assert.deepEqual(await rig.kinds(1), []);
  const [first] = await rig.minutes(1);
  assert.equal(
    first?.why,
    "Endpoint a has 1 dead letter: it is tried again later, and the other messages go on. The oldest is one because " +
      "it answered 422.",
  );
  assert.equal(first?.since, rig.clock.now() - MINUTE);
  const said: [number, string[]][] = [];
  for (const deadLetters of [2, 9, 10, 99, 100, 11, 100, 1_500]) {
    rig.counts.deadLetters = deadLetters;
    said.push([deadLetters, await rig.kinds(10)]);
  }
  const one = ["a dead-letters"];
  assert.deepEqual(said, [[2, []], [9, []], [10, one], [99, []], [100, one], [11, []], [100, []], [
    1_500,
    one,
  ]]);
  rig.counts.deadLetters = 0;
  assert.deepEqual(await rig.kinds(20), ["a recovered"]);
  rig.counts.deadLetters = 1;
  assert.deepEqual(await rig.kinds(20), one);
});

withRig("an endpoint that comes back with dead letters is said to have them", async (rig) => {
  rig.turn(true);
  assert.deepEqual(await rig.kinds(1), ["a failing"]);
  rig.turn(false);
  rig.counts.deadLetters = 4;
  assert.deepEqual(await rig.kinds(20), ["a dead-letters"]);
});

withRig("evicted messages are summed up, at the next look, then each ten minutes", async (rig) => {
  const since = rig.clock.now();
  rig.events.evicted("a", 3);
  await rig.clock.advance(1_000);
  rig.events.evicted("a", 4);
  rig.events.look();
  assert.deepEqual(rig.said.splice(0), [{
    endpoint: "a",
    kind: "evicted",
    since,
    pending: 0,
    deadLetters: 0,
    lost: 7,
    why: "7 messages for endpoint a were evicted to make room: it does not take them as fast as they come.",
  }]);
  rig.events.evicted("a", 1);
  assert.deepEqual(await rig.kinds(9), []);
  rig.events.evicted("a", 1);
  assert.deepEqual((await rig.minutes(1)).map(({ lost }) => lost), [2]);
});

withRig(
  "what was evicted stands in the event that the endpoint fails, and makes none of its own",
  async (rig) => {
    rig.turn(true);
    await rig.clock.advance(2 * MINUTE);
    rig.events.evicted("a", 5);
    const said = await rig.minutes(30);
    assert.deepEqual(said.map(({ kind, lost }) => [kind, lost]), [["failing", 5]]);
  },
);

withRig("of an endpoint that is paused only what is evicted is said", async (rig) => {
  rig.turn(true);
  rig.isPaused = true;
  assert.deepEqual(await rig.kinds(60), []);
  rig.events.evicted("a", 1);
  const [event] = await rig.minutes(1);
  assert.equal(event?.why, "1 message for endpoint a was evicted to make room: it is paused.");
  rig.isPaused = false;
  assert.deepEqual(await rig.kinds(20), ["a failing"]);
});

withRig("endpoints have events each of its own, those of annotations and removed ones none", async (rig) => {
  rig.turn(true);
  rig.turn(true, { name: "b" });
  rig.turn(true, { name: "annotation:1" });
  rig.events.evicted("annotation:1", 5);
  assert.deepEqual(await rig.kinds(1), ["a failing", "b failing"]);
  rig.remove("b");
  rig.events.evicted("b", 5);
  assert.deepEqual(await rig.kinds(20), []);
});

withRig(
  "a restart does not repeat that an endpoint fails, and a later process says that it works",
  async (rig) => {
    rig.counts.pending = 3;
    rig.turn(true);
    assert.deepEqual(await rig.kinds(2), ["a failing"]);
    rig.restart();
    assert.deepEqual(await rig.kinds(20), [], "nothing was accepted, so nothing is known yet");
    rig.turn(true);
    assert.deepEqual(await rig.kinds(20), []);
    rig.turn(false);
    assert.deepEqual(await rig.kinds(2), ["a recovered"]);
    rig.restart();
    assert.deepEqual(await rig.kinds(20), []);
  },
);

withRig(
  "after a restart, too, there is one event in ten minutes, and none of dead letters that were said",
  async (rig) => {
    rig.counts.deadLetters = rig.counts.pending = 12;
    assert.deepEqual(await rig.kinds(2), ["a dead-letters"]);
    rig.restart();
    rig.turn(true);
    assert.deepEqual(await rig.kinds(9), []);
    assert.deepEqual(await rig.kinds(1), ["a failing"]);
    rig.restart();
    rig.turn(false);
    assert.deepEqual(await rig.kinds(20), ["a dead-letters"]);
    rig.restart();
    rig.turn(false);
    assert.deepEqual(await rig.kinds(20), []);
  },
);

withRig("what was evicted before a restart is said after it", async (rig) => {
  rig.events.evicted("a", 2);
  rig.restart();
  rig.events.evicted("a", 3);
  const [event, ...others] = await rig.minutes(20);
  assert.deepEqual([event?.kind, event?.lost, others], ["evicted", 5, []]);
  rig.restart();
  assert.deepEqual(await rig.minutes(20), []);
});

withRig("what another version of the program has kept says nothing, and does no harm", async (rig) => {
  for (
    const kept of ["null", "{}", '{"state":{"kind":"new"},"at":1}', '{"state":{"kind":"failing"}}', "[]"]
  ) {
    rig.kept.set("a", kept);
    rig.restart();
    rig.turn(true);
    assert.deepEqual(await rig.kinds(2), ["a failing"], kept);
  }
});
