/** Bytes. Answers are read for a `correlation_id`; a receiver must not fill our memory with more. */
const LONGEST = 65_536;

/**
 * The first 64 KiB of an answer's body as text; the rest is cut, which ends the connection where there is more.
 * Read to its end otherwise, because only then can the connection serve the next request.
 *
 * Never throws. A body that breaks off, or that an abort cuts, is what came of it: the status line has said what
 * became of the message, and one that was accepted must not be sent again because its answer's body is late.
 */
export async function readReplyBody(chunks: AsyncIterable<Uint8Array> | null): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let room = LONGEST;
  try {
    for await (const chunk of chunks ?? []) {
      // Never flushed: a character that was cut in two is left out.
      text += decoder.decode(chunk.subarray(0, room), { stream: true });
      room -= chunk.length;
      if (room <= 0) break;
    }
  } catch {
    // What came of it has to do.
  }
  return text;
}
