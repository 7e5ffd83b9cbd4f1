/** `<URL>; rel="next"`, one of a comma list (RFC 8288 §3). */
const NEXT = /<([^<>]*)>\s*(?:;[^,<]*)?;\s*rel\s*=\s*"?next"?/i;

/**
 * The page that `Link` names as the next one, wherever it is; undefined where there is none.
 *
 * @param page where the header came from: the link may be relative to it
 */
export function nextPage(link: string | null, page: URL): URL | undefined {
  const target = NEXT.exec(link ?? "")?.[1];
  return target === undefined ? undefined : URL.parse(target, page) ?? undefined;
}
