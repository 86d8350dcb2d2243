/** Draws a list of rows by key: nodes of unchanged rows are not touched. */

/**
 * @template {{key: string}} Row
 * @typedef {{create: (row: Row) => HTMLElement, update: (node: HTMLElement, row: Row, before: Row) => void}} Drawing
 */

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
    this.dropAllBut(rows);
    let place = this.container.firstElementChild;
    for (const row of rows) {
      const node = this.nodeOf(row);
      if (node === place) place = place.nextElementSibling;
      else this.container.insertBefore(node, place);
    }
    /* Moving a node takes its focus away. */
    if (focused instanceof HTMLElement && focused.isConnected) focused.focus({ preventScroll: true });
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
