/** `<URL>` and its parameters, one of a comma list (RFC 8288 §3). */
const LINK = /<([^<>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"',;<]*))?)*)/g;

/** The parameter that names what the link is, whatever its case and quotes; it may name several things. */
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"',;]*))/i;

/**
 * The page that `Link` names as the next one, wherever it is; undefined where there is none.
 *
 * @param page where the header came from: the link may be relative to it
 */
export function nextPage(link: string | null, page: URL): URL | undefined {
  for (const [, target = "", parameters = ""] of (link ?? "").matchAll(LINK)) {
    const [, ...quoted] = REL.exec(parameters) ?? [];
    const names = (quoted.find((one) => one !== undefined) ?? "").toLowerCase().split(/\s+/);
    if (names.includes("next")) return URL.parse(target, page) ?? undefined;
  }
  return undefined;
}
