/** `<URL>` and its parameters, one of a comma list (RFC 8288 §3). */
const LINK = /<([^<>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"',;<]*))?)*)/g;

/** The parameter that names what the link is, whatever its case and quotes; it may name several things. */
const REL = /;\s*rel\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"',;]*))/i;

/** As some registries write it, against the RFC: without the brackets. */
const BARE = /^\s*((?:https?:\/\/|\/|\?)[^\s<>;,]*)\s*(?:;(.*))?$/is;

/**
 * The page that `Link` names as the next one, wherever it is; undefined where there is none. A link that does not say
 * what it is counts as the next page where it is one of the same kind: the registry's own clients take any.
 *
 * @param page where the header came from: the link may be relative to it
 */
export function nextPage(link: string | null, page: URL): URL | undefined {
  const header = (link ?? "").replace(BARE, "<$1>;$2");
  let unnamed: URL | undefined;
  for (const [, target = "", parameters = ""] of header.matchAll(LINK)) {
    const rel = REL.exec(parameters);
    const to = URL.parse(target, page) ?? undefined;
    if (namesOf(rel).includes("next")) return to;
    if (rel === null && target !== "" && to !== undefined && isPageOfTags(to)) unnamed ??= to;
  }
  return unnamed;
}

function namesOf(rel: RegExpExecArray | null): string[] {
  const [, ...quoted] = rel ?? [];
  return (quoted.find((one) => one !== undefined) ?? "").toLowerCase().split(/\s+/);
}

function isPageOfTags({ pathname, search }: URL): boolean {
  return pathname.endsWith("/tags/list") && search !== "";
}
