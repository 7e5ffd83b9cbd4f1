import type { Scope } from "../pod/pod.ts";

/** Which pods a source looks at; evaluated by the API server. */
export interface Selection {
  /** One namespace, or all (undefined). */
  namespace: Scope;
  /** Left out of all namespaces. No pod ever moves between namespaces, so nothing leaves the selection by it. */
  excludedNamespaces?: readonly string[];
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
}

/** What is to be looked at: one selection for each namespace, or one for all. */
export function selectionsOf(
  { namespaces, excludeNamespaces, selector, fieldSelector }: {
    namespaces: string[];
    excludeNamespaces: string[];
    selector?: string;
    fieldSelector?: string;
  },
): Selection[] {
  const selectors = { labelSelector: selector, fieldSelector };
  if (namespaces.length > 0) {
    return namespaces.filter((namespace) => !excludeNamespaces.includes(namespace))
      .map((namespace) => ({ namespace, ...selectors }));
  }
  const excluded = excludeNamespaces.length === 0 ? {} : { excludedNamespaces: excludeNamespaces.toSorted() };
  return [{ namespace: undefined, ...excluded, ...selectors }];
}

/** Whether pods of a namespace are looked at. */
export function covers({ namespace, excludedNamespaces = [] }: Selection, name: string): boolean {
  return namespace === undefined ? !excludedNamespaces.includes(name) : namespace === name;
}

/** Whether pods can leave the selection without being deleted. */
export function isSelective({ labelSelector, fieldSelector }: Selection): boolean {
  return labelSelector !== undefined || fieldSelector !== undefined;
}

/** The path and query of a request for the pods of a selection. */
export function podsPath(selection: Selection, parameters: Record<string, string>): string {
  const { namespace, labelSelector, fieldSelector, excludedNamespaces = [] } = selection;
  const query = new URLSearchParams(parameters);
  if (labelSelector !== undefined) query.set("labelSelector", labelSelector);
  const fields = excludedNamespaces.map((name) => `metadata.namespace!=${name}`);
  // What stands between commas must all hold.
  if (fieldSelector !== undefined) fields.unshift(fieldSelector);
  if (fields.length > 0) query.set("fieldSelector", fields.join());
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
