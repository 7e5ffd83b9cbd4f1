import { SECRET } from "../kit/confidential.ts";
import { type Delivery, Receiver } from "../kit/receiver.ts";
import { ReceiverState } from "../kit/receiver_state.ts";
import type { Random } from "../kit/random.ts";

/** Milliseconds that the receiver takes for an answer, at the most: long enough to be killed in the middle of one. */
const SLOWEST = 30;

/** What a receiver keeps over its own restarts. It accepts whatever reaches it while it is there. */
export class Ledger {
  /** In the order of acceptance, with those that came again. */
  readonly accepted: Delivery[] = [];
  readonly state = new ReceiverState();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A receiver that writes into this ledger. Its own state begins anew with each start and is not looked at. */
  async open(port: number): Promise<Receiver> {
    return await Receiver.start({
      secrets: [SECRET],
      port,
      reply: async (delivery) => {
        // Written down first, answered later: when either side ends in between, the message must come again.
        this.accepted.push(delivery);
        this.state.accept(delivery);
        await new Promise((resolve) => setTimeout(resolve, this.#random.between(0, SLOWEST)));
        return { status: 200 };
      },
    });
  }
}
