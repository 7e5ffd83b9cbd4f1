import type { Store } from "../../src/store/store.ts";

/** The transactions of a store whose disk fails each time: what was done is undone, and done again. */
export function transactTwice(store: Store): Store["transaction"] {
  return (work) => {
    const fault = new Error("disk full");
    try {
      store.transaction(() => {
        work();
        throw fault;
      });
    } catch (error) {
      if (error !== fault) throw error;
    }
    return store.transaction(work);
  };
}
