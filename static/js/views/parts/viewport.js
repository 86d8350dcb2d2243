/** Where an on-screen keyboard covers the page (iOS), the page is made as high as what one sees. */

export function followVisibleHeight() {
  const viewport = window.visualViewport;
  viewport?.addEventListener("resize", () => {
    if (viewport.scale !== 1) return;
    document.documentElement.style.setProperty("--visible-height", `${viewport.height}px`);
    scrollTo(0, 0);
  });
}
