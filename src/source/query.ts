import type { Scope } from "../pod/pod.ts";

/** Which pods a source looks at; evaluated by the API server. */
export interface Selection {
  /** One namespace, or all (undefined). */
  namespace: Scope;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

/** What is to be looked at: one selection for each namespace, or one for all. */
export function selectionsOf(
  { namespaces, selector, fieldSelector }: {
    namespaces: string[];
    selector?: string;
    fieldSelector?: string;
  },
): Selection[] {
  const scopes = namespaces.length > 0 ? namespaces : [undefined];
  return scopes.map((namespace) => ({ namespace, labelSelector: selector, fieldSelector }));
}

/** Whether pods can leave the selection without being deleted. */
export function isSelective({ labelSelector, fieldSelector }: Selection): boolean {
  return labelSelector !== undefined || fieldSelector !== undefined;
}

/** The path and query of a request for the pods of a selection. */
export function podsPath(selection: Selection, parameters: Record<string, string>): string {
  const { namespace, labelSelector, fieldSelector } = selection;
  const query = new URLSearchParams(parameters);
  if (labelSelector !== undefined) query.set("labelSelector", labelSelector);
  if (fieldSelector !== undefined) query.set("fieldSelector", fieldSelector);
  const folder = namespace === undefined
    ? "/api/v1/pods"
    : `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  return `${folder}?${query}`;
}

/** The flags that a selection was made with, as a person would write them: `--selector "app=web"`. */
export function selectorFlags({ labelSelector, fieldSelector }: Selection): string[] {
  return [
    ...labelSelector === undefined ? [] : [`--selector ${JSON.stringify(labelSelector)}`],
    ...fieldSelector === undefined ? [] : [`--field-selector ${JSON.stringify(fieldSelector)}`],
  ];
}

/** The path of a namespace. */
export function namespacePath(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
}

/** The path of one pod. */
export function podPath(namespace: string, name: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
}
