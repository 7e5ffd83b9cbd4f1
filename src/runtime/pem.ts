/*
 * PEM (RFC 7468), read as leniently as Go and OpenSSL do together: text around the blocks, a byte order mark, indentation
 * and any line length are no matter, and a block that is damaged does not spoil the others.
 */

/** One block of a PEM text. */
export interface PemBlock {
  /** `CERTIFICATE`, `RSA PRIVATE KEY`, … */
  readonly label: string;
  /** What it holds; undefined where that is not valid base64, or its end is missing. */
  readonly der: Uint8Array<ArrayBuffer> | undefined;
  /** Whether a passphrase is needed to read it: PKCS #8's own label, or OpenSSL's older `Proc-Type`. */
  readonly isEncrypted: boolean;
}

const MARK = /-----(BEGIN|END) ([A-Z0-9 ]*?)-----/g;

/** All blocks of a text, damaged ones among them, in their order. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let begun: { label: string; from: number } | undefined;
  const close = (end?: number): void => {
    if (begun !== undefined) {
      blocks.push(block(begun.label, end === undefined ? undefined : text.slice(begun.from, end)));
    }
    begun = undefined;
  };
  for (const { 0: mark, 1: kind, 2: label = "", index } of text.matchAll(MARK)) {
    if (kind === "END") close(begun?.label === label ? index : undefined);
    else {
      close();
      begun = { label, from: index + mark.length };
    }
  }
  close();
  return blocks;
}

/** A block as text, in the form that every reader takes. */
export function pemText(label: string, der: Uint8Array): string {
  const lines = der.toBase64().replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

/** Headers of OpenSSL's older encryption stand before the base64. */
const HEADER = /^\s*[A-Za-z-]+:.*$/gm;

function block(label: string, content: string | undefined): PemBlock {
  const isEncrypted = label === "ENCRYPTED PRIVATE KEY" || /^\s*Proc-Type:.*ENCRYPTED/m.test(content ?? "");
  try {
    const der = content === undefined ? undefined : Uint8Array.fromBase64(content.replace(HEADER, ""));
    return { label, der, isEncrypted };
  } catch {
    return { label, der: undefined, isEncrypted };
  }
}
