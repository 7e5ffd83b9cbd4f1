/** The outermost of DER (X.690 §8.1.3): an element is a type, a length, and as many bytes of content. */

/** Where the content of the element at an offset begins. */
export function contentOf(der: Uint8Array, at: number): number {
  const length = der[at + 1] ?? 0;
  return at + 2 + (length < 0x80 ? 0 : length & 0x7f);
}

/** How long the first element is, as it says itself. */
export function elementLength(der: Uint8Array): number {
  const content = contentOf(der, 0);
  const lengthBytes = der.subarray(content > 2 ? 2 : 1, content);
  return lengthBytes.reduce((length, byte) => 256 * length + byte, 0) + content;
}

/** Whether bytes are one element, with nothing behind it: what rustls and Go take, while OpenSSL reads no further. */
export function isOneElement(der: Uint8Array): boolean {
  return der.length === elementLength(der);
}
