/**
 * A list on the page that follows a list of values: rows are kept, moved and changed, never rebuilt.
 *
 * @template Item
 */
export class KeyedList {
  #parent;
  #keyOf;
  #create;
  #update;
  /** @type {Map<unknown, {node: HTMLElement, item: Item | undefined}>} */
  #rows = new Map();

  /**
   * @param {HTMLElement} parent
   * @param {(item: Item) => unknown} keyOf
   * @param {(item: Item) => HTMLElement} create
   * @param {(node: HTMLElement, item: Item, before?: Item) => void} update for a new row, or another item
   */
  constructor(parent, keyOf, create, update) {
    this.#parent = parent;
    this.#keyOf = keyOf;
    this.#create = create;
    this.#update = update;
  }

  /** @param {readonly Item[]} items */
  show(items) {
    this.#dropAllBut(new Set(items.map(this.#keyOf)));
    let here = this.#parent.firstElementChild;
    for (const item of items) {
      const node = this.#rowFor(item);
      if (here && node === here.nextElementSibling) {
        const moved = here; // one that moved down: it is put in again when its turn comes
        here = node;
        moved.remove();
      }
      if (node === here) here = here.nextElementSibling;
      else this.#parent.insertBefore(node, here);
    }
  }

  /** @param {Set<unknown>} wanted */
  #dropAllBut(wanted) {
    for (const [key, { node }] of this.#rows) {
      if (wanted.has(key)) continue;
      node.remove();
      this.#rows.delete(key);
    }
  }

  /** @param {Item} item */
  #rowFor(item) {
    const key = this.#keyOf(item);
    let row = this.#rows.get(key);
    if (!row) {
      row = { node: this.#create(item), item: undefined };
      this.#rows.set(key, row);
    }
    if (row.item !== item) {
      this.#update(row.node, item, row.item);
      row.item = item;
    }
    return row.node;
  }
}
