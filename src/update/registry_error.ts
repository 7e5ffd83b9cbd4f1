/**
 * Why a registry did not answer as hoped, by what to do about it.
 *
 * - `unreachable`: no answer, or one of 500 and over. Try again.
 * - `busy` (429): try again, not before it says.
 * - `forbidden` (401, 403): a person must give credentials.
 * - `missing` (404): there is no such image, or it is hidden from this account.
 * - `protocol`: an answer that no registry should give.
 */
export type RegistryFault = "unreachable" | "busy" | "forbidden" | "missing" | "protocol";

/** What may be known of a fault besides. */
export interface RegistryErrorDetails {
  /** Milliseconds that the registry asked to wait. */
  retryAfter?: number | undefined;
  /** Of the answer, where there was one. */
  status?: number | undefined;
  cause?: unknown;
}

/** The message is a clause for a person, without a full stop; it carries no path, token or password. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";

  constructor(
    readonly fault: RegistryFault,
    message: string,
    readonly details: RegistryErrorDetails = {},
  ) {
    super(message, { cause: details.cause });
  }
}
