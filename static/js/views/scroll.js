/** Where a chat is scrolled to: at the bottom it stays there; elsewhere the message that one reads keeps its place. */

const NEAR_PX = 64;

export class ScrollKeeper {
  /**
   * @param {HTMLElement} frame what scrolls
   * @param {HTMLElement} rows what is in it
   */
  constructor(frame, rows) {
    this.frame = frame;
    this.rows = rows;
    this.atBottom = true;
    frame.addEventListener("scroll", () => this.look(), { passive: true });
    const observer = new ResizeObserver(() => this.atBottom && this.toBottom());
    observer.observe(frame);
    observer.observe(rows);
  }

  look() {
    const { scrollHeight, scrollTop, clientHeight } = this.frame;
    this.atBottom = scrollHeight - scrollTop - clientHeight <= NEAR_PX;
  }

  toBottom() {
    this.frame.scrollTop = this.frame.scrollHeight;
    this.atBottom = true;
  }

  /** @param {HTMLElement} node shown near the top of what one sees */
  toNode(node) {
    const room = this.frame.clientHeight / 4;
    this.frame.scrollTop += node.getBoundingClientRect().top - this.frame.getBoundingClientRect().top - room;
    this.look();
  }

  /** @param {() => void} draw changes rows above or below without moving what one reads */
  keep(draw) {
    const anchor = this.atBottom ? null : this.firstInSight();
    const before = anchor?.getBoundingClientRect().top ?? 0;
    draw();
    if (this.atBottom) this.toBottom();
    else if (anchor?.isConnected) this.frame.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  firstInSight() {
    const top = this.frame.getBoundingClientRect().top;
    const nodes = this.rows.getElementsByTagName("article");
    let low = 0;
    let high = nodes.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const node = nodes[middle];
      if (node && node.getBoundingClientRect().bottom > top) high = middle;
      else low = middle + 1;
    }
    return nodes[low] ?? null;
  }
}
