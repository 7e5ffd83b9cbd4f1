import { pipeline, Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/*
 * Bodies that what stands on the way has compressed, though nobody asked it to. In a watch each flush may be a gzip
 * member of its own, which the runtime's decoders do not expect, and Node's do.
 */

const DECODERS: Record<string, () => ReturnType<typeof createGunzip>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** Whether a body in this encoding is inflated here. */
export function isInflated(encoding: string | null | undefined): boolean {
  return Object.hasOwn(DECODERS, nameOf(encoding));
}

/** The body as it was before it was encoded. */
export function inflated(body: Readable, encoding: string | null | undefined): Readable {
  const decoder = isInflated(encoding) ? DECODERS[nameOf(encoding)]?.() : undefined;
  // Whatever ends one of the two ends the other; whoever reads the last hears of it.
  return decoder === undefined ? body : pipeline(body, decoder, () => {});
}

/** The same for a body of fetch. */
export function inflatedStream(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  encoding: string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  // One class, which two libraries describe.
  const read = Readable.fromWeb(body as unknown as NodeReadableStream);
  return bytesOf(inflated(read, encoding));
}

function nameOf(encoding: string | null | undefined): string {
  return encoding?.trim().toLowerCase() ?? "";
}

/** As fetch's: a stream of bytes, which is read into buffers of the reader's own. */
export function bytesOf(body: Readable): ReadableStream<Uint8Array<ArrayBuffer>> {
  // Once it was closed, failed or given up, whatever the body still says is nothing to the stream.
  let isOver = false;
  return new ReadableStream({
    type: "bytes",
    start(controller): void {
      body.on("data", (chunk: Uint8Array) => {
        if (isOver) return;
        controller.enqueue(new Uint8Array(chunk));
        if ((controller.desiredSize ?? 0) <= 0) body.pause();
      });
      body.once("end", () => {
        if (isOver) return;
        isOver = true;
        controller.close();
        // A read that waits learns so only by this (WHATWG Streams, ReadableByteStreamController).
        controller.byobRequest?.respond(0);
      });
      const fail = (error: Error): void => {
        if (isOver) return;
        isOver = true;
        controller.error(error);
      };
      body.on("error", fail);
      body.once("close", () => fail(new Error("the connection was closed in the middle of an answer")));
    },
    pull: () => void body.resume(),
    cancel(): void {
      isOver = true;
      body.destroy();
    },
  });
}
