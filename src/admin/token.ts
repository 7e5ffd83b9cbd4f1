import type { FileText } from "../runtime/credential_files.ts";

/** Characters. A token of fewer can be guessed. */
const LEAST = 16;

/** Characters. A browser's form, and a header, have room for that. */
const MOST = 1_024;

/**
 * The token that a file holds: one line that a header can carry, so no white space and nothing but ASCII (RFC 6750).
 *
 * @param path of the file, for the problem
 */
export function tokenOf(found: FileText, path: string): FileText {
  if ("problem" in found) return found;
  const fault = tokenFault(found.text);
  return fault === undefined
    ? found
    : { problem: `the file ${path} (--admin-token-file) cannot be used: ${fault}` };
}

/** Why it can be none, as a clause; undefined where it can. Shows nothing of it. */
function tokenFault(text: string): string | undefined {
  if (/\s/.test(text)) {
    return "it has several lines or words, and a token is one word (openssl rand -hex 32 makes one)";
  }
  if (/[^!-~]/.test(text)) {
    return "it holds what no header can carry: write a token of letters and digits (openssl rand -hex 32 makes one)";
  }
  if (text.length < LEAST) {
    return `its token has fewer than ${LEAST} characters, and can be guessed: use more (openssl rand -hex 32 makes one)`;
  }
  return text.length > MOST ? `its token has more than ${MOST} characters, and is another file` : undefined;
}
