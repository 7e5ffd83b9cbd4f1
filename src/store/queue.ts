/** The two orders in which lines wait: first come, first served; and the earliest due first. */

/** What may stand in a queue. */
export interface Linked<T> {
  next: T | undefined;
  previous: T | undefined;
}

/** A queue of which each item is in at most one, and from whose middle one can be taken at once. */
export class Queue<T extends Linked<T>> {
  first: T | undefined;
  #last: T | undefined;

  push(item: T): void {
    item.previous = this.#last;
    if (this.#last === undefined) this.first = item;
    else this.#last.next = item;
    this.#last = item;
  }

  unshift(item: T): void {
    item.next = this.first;
    if (this.first === undefined) this.#last = item;
    else this.first.previous = item;
    this.first = item;
  }

  remove(item: T): void {
    if (item.previous === undefined) this.first = item.next;
    else item.previous.next = item.next;
    if (item.next === undefined) this.#last = item.previous;
    else item.next.previous = item.previous;
    item.next = undefined;
    item.previous = undefined;
  }
}

/** What waits until an instant, the earliest first. */
export class Heap<T extends { readonly due: number }> {
  readonly #items: T[] = [];

  push(item: T): void {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent];
      if (above === undefined || above.due <= item.due) break;
      items[index] = above;
      index = parent;
    }
    items[index] = item;
  }

  get top(): T | undefined {
    return this.#items[0];
  }

  pop(): void {
    const items = this.#items;
    const item = items.pop();
    if (item === undefined || items.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const [left, right] = [items[child], items[child + 1]];
      if (left === undefined) break;
      if (right !== undefined && right.due < left.due) child++;
      const least = items[child];
      if (least === undefined || least.due >= item.due) break;
      items[index] = least;
      index = child;
    }
    items[index] = item;
  }
}
