/** Draws a list of rows by key: nodes of unchanged rows are not touched, and the focus stays in the list. */

const CONTROLS = "a, button, input";

/**
 * @template {{key: string}} Row
 * @typedef {{create: (row: Row) => HTMLElement, update: (node: HTMLElement, row: Row, before: Row) => void,
 *   emptied?: () => void}} Drawing emptied: where the focus goes when the last row goes that had it
 */
/** @typedef {{row: Element, index: number, control: Element, same: number}} Place of the focus in a list */

/** @template {{key: string}} Row */
export class KeyedList {
  /**
   * @param {HTMLElement} container
   * @param {Drawing<Row>} drawing
   */
  constructor(container, drawing) {
    this.container = container;
    this.drawing = drawing;
    /** @type {Map<string, {node: HTMLElement, row: Row}>} */
    this.drawn = new Map();
  }

  /** @param {readonly Row[]} rows */
  draw(rows) {
    const focused = document.activeElement;
    const left = this.placeOf(focused);
    this.dropAllBut(rows);
    let place = this.container.firstElementChild;
    for (const row of rows) {
      const node = this.nodeOf(row);
      if (node === place) place = place.nextElementSibling;
      else this.container.insertBefore(node, place);
    }
    /* Moving a node takes its focus away. */
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
    else if (left) this.focusNear(left);
  }

  /**
   * @param {Element | null} focused
   * @returns {Place | null} null: the focus is not on a control of this list
   */
  placeOf(focused) {
    if (!focused || !this.container.contains(focused)) return null;
    const index = [...this.container.children].findIndex((row) => row.contains(focused));
    const row = this.container.children[index];
    if (!row) return null;
    return { row, index, control: focused, same: alike(row, focused).indexOf(focused) };
  }

  /** @param {Place} left its control is gone: to the same one of its row or of the next row, else to the menu of that row */
  focusNear({ row, index, control, same }) {
    const near = row.isConnected ? row : this.container.children[Math.min(index, this.container.children.length - 1)];
    if (!near) return this.drawing.emptied?.();
    const target = alike(near, control)[same] ?? near.querySelector("[aria-haspopup]") ?? near.querySelector(CONTROLS);
    if (target instanceof HTMLElement) target.focus({ preventScroll: true });
    else this.drawing.emptied?.();
  }

  /** @param {string} key */
  node(key) {
    return this.drawn.get(key)?.node ?? null;
  }

  /** @param {(node: HTMLElement, row: Row) => void} action */
  forEach(action) {
    for (const { node, row } of this.drawn.values()) action(node, row);
  }

  clear() {
    this.draw([]);
  }

  /** @param {Row} row */
  nodeOf(row) {
    const known = this.drawn.get(row.key);
    if (!known) return this.add(row);
    if (known.row !== row) this.drawing.update(known.node, row, known.row);
    known.row = row;
    return known.node;
  }

  /** @param {Row} row */
  add(row) {
    const node = this.drawing.create(row);
    this.drawn.set(row.key, { node, row });
    return node;
  }

  /** @param {readonly Row[]} rows */
  dropAllBut(rows) {
    const keys = new Set(rows.map((row) => row.key));
    for (const [key, { node }] of this.drawn) {
      if (keys.has(key)) continue;
      node.remove();
      this.drawn.delete(key);
    }
  }
}

/**
 * @param {Element} row
 * @param {Element} control
 */
function alike(row, control) {
  return [...row.querySelectorAll(CONTROLS)].filter(({ className }) => className === control.className);
}
