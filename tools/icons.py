"""Draws the icons of an installed VibeChat from static/icon.svg: `python -m tools.icons`. The files are committed."""

from pathlib import Path

from tools.browser.start import running_browser

STATIC = Path(__file__).resolve().parents[1] / "static"
CORNERS = ' rx="18"'
# {file: (pixels, whether the system cuts its own corners, scale of the mark)}
ICONS = {
    "icons/icon-192.png": (192, False, 1.0),
    "icons/icon-512.png": (512, False, 1.0),
    "icons/maskable-512.png": (512, True, 0.9),  # the mark within the inner 80 %
    "icons/apple-touch-icon.png": (180, True, 1.0),
}


def page_of(pixels: int, is_square: bool, scale: float) -> str:
    source = (STATIC / "icon.svg").read_text()
    head, background, mark = source.partition("/>")
    if is_square:
        head = head.replace(CORNERS, "")
    mark = mark.replace("</svg>", "</g></svg>")
    move = f"translate({32 * (1 - scale)} {32 * (1 - scale)}) scale({scale})"
    svg = f'{head}{background}<g transform="{move}">{mark}'.replace(
        "<svg", f'<svg width="{pixels}" height="{pixels}"', 1
    )
    return f'<body style="margin:0">{svg}</body>'


def main() -> None:
    with running_browser() as browser:
        page = browser.new_page()
        for name, (pixels, is_square, scale) in ICONS.items():
            (STATIC / name).parent.mkdir(exist_ok=True)
            page.set_viewport_size({"width": pixels, "height": pixels})
            page.set_content(page_of(pixels, is_square, scale))
            page.screenshot(path=STATIC / name, omit_background=True)


if __name__ == "__main__":
    main()
