import { identityBody } from "../pod/json.ts";
import { compileSecretMask, type SecretMask } from "../pod/own_secrets.ts";
import { isUnreadable, type Redaction } from "../pod/redaction.ts";
import { areSame } from "../runtime/secret.ts";
import type { Message } from "../store/store.ts";

/**
 * Redacted bodies. A version is redacted once for each profile, whatever the number of endpoints and attempts: what
 * was made last is kept, up to a bound in bytes.
 *
 * A body that cannot be redacted is never sent as it is. In its place goes what the message itself says: which pod it is
 * about, and in which version.
 */

type BodyRedaction = Pick<Redaction, "key" | "redact">;

/** A body as one profile leaves it. */
export interface RedactedBody {
  body: Uint8Array<ArrayBuffer>;
  /** Whether it could not be redacted, so that only the pod's identity is in it. */
  isWithheld: boolean;
  /** Tells these bytes from those of any other message, profile, or set of secrets. */
  content: string;
}

/** Kept bodies, in bytes: several hundred pods, as many as are under way at several endpoints at once. */
const KEPT = 4 << 20;

/** What each kept body costs beside its bytes. */
const ENTRY = 512;

/** Redacts, and keeps what it made. */
export class RedactedBodies {
  readonly #secrets: () => readonly string[];
  readonly #limit: number;
  /** By content, the oldest first. */
  readonly #kept = new Map<string, RedactedBody>();
  #bytes = 0;
  #masked: readonly string[] = [];
  #mask: SecretMask = (body) => body;
  #generation = 0;

  /**
   * @param secrets the program's own, live; they are masked in every redacted body
   * @param limit bytes that are kept
   */
  constructor(secrets: () => readonly string[], limit: number = KEPT) {
    this.#secrets = secrets;
    this.#limit = limit;
  }

  /** The body of a message about a pod. */
  of(message: Message, redaction: BodyRedaction): RedactedBody {
    this.#renewMask();
    const { version, completeness, body } = message;
    const content = `${version} ${completeness} ${body.length} ${redaction.key} ${this.#generation}`;
    const kept = this.#kept.get(content);
    if (kept !== undefined) return kept;
    const made = { ...this.#make(message, redaction), content };
    this.#keep(made);
    return made;
  }

  #make(message: Message, redaction: BodyRedaction): Omit<RedactedBody, "content"> {
    try {
      return { body: this.#mask(redaction.redact(message.body)), isWithheld: false };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      const identity = identityBody(message, message.event === "pod.deleted");
      return { body: this.#mask(identity), isWithheld: true };
    }
  }

  #keep(made: RedactedBody): void {
    this.#kept.set(made.content, made);
    this.#bytes += made.body.length + ENTRY;
    for (const [content, { body }] of this.#kept) {
      if (this.#bytes <= this.#limit) return;
      this.#kept.delete(content);
      this.#bytes -= body.length + ENTRY;
    }
  }

  /** A secret that was rotated must be masked from now on. */
  #renewMask(): void {
    const secrets = this.#secrets();
    const before = this.#masked;
    if (secrets === before) return;
    this.#masked = secrets;
    if (areSame(secrets, before)) return;
    this.#mask = compileSecretMask(secrets);
    this.#generation++;
    this.#kept.clear();
    this.#bytes = 0;
  }
}
