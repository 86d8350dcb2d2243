/** On iOS the on-screen keyboard covers the page; this sets the page's height to the visible part. */

export function followVisibleHeight() {
  const viewport = window.visualViewport;
  viewport?.addEventListener("resize", () => {
    if (viewport.scale !== 1) return;
    document.documentElement.style.setProperty("--visible-height", `${viewport.height}px`);
    scrollTo(0, 0);
  });
}
