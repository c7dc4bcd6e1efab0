"""Takes pictures of every tab, to be looked at: desk, phone, dark, grey, and without green.

`make screenshots` writes them into results/lab.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
from lab_bench import DESK, PHONE, STYLES, move, ready, start, stop

TABS = ("compare", "follows", "network", "studies", "how")
STEPS = 80
LONG = {DESK["width"]: 2100, PHONE["width"]: 5600}
LOOKS = {
    "desk": (DESK, "light", "none"),
    "phone": (PHONE, "light", "none"),
    "dark": (DESK, "dark", "none"),
    "grey": (DESK, "light", "achromatopsia"),
    "deuteranopia": (DESK, "light", "deuteranopia"),
}


def main(folder):
    """Plays a run, moves a lever amid it, and takes the pictures of all tabs in each look."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        words = [*"sweep shift_1_platform --set seeds=4 --out".split(), f"{place}/study"]
        subprocess.run([sys.executable, "-m", "sim", *words], check=True, capture_output=True)
        picture(folder, start("sharing_platform", "--study", f"{place}/study", "--style", *STYLES))
    print(*sorted(folder.glob("*.png")), sep="\n")


def picture(folder, lab):
    """Takes the pictures of a lab, and ends it."""
    try:
        with sync_playwright() as playwright:
            path = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            for look, (size, scheme, sight) in LOOKS.items():
                page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
                devtools = page.context.new_cdp_session(page)
                devtools.send("Emulation.setEmulatedVisionDeficiency", {"type": sight})
                page.goto(lab.url)
                ready(page)
                page.screenshot(path=folder / f"{look}-start.png")
                page.select_option("#speed", "50")
                page.click("#play")
                ready(page, STEPS // 2)
                move(page, 0, "fun", 0.8)
                ready(page, STEPS)
                page.click("#play")
                for tab in TABS:
                    page.click(f"#{tab}")
                    long = {"height": LONG[size["width"]]} if tab == "follows" else {}
                    page.set_viewport_size(size | long)  # charts out of sight are not drawn
                    reading = page.get_by_text("Reading the study")
                    reading.wait_for(state="hidden")
                    page.wait_for_timeout(500)
                    page.screenshot(path=folder / f"{look}-{tab}.png", full_page=True)
                for button in page.locator(".open-all").all():
                    button.click()
                for place in page.locator(".trials").all():  # drawn when seen
                    place.scroll_into_view_if_needed()
                    place.locator("svg").last.wait_for()
                page.evaluate("scrollTo(0, 0)")
                page.screenshot(path=folder / f"{look}-how-open.png", full_page=True)
                page.context.close()
            browser.close()
    finally:
        stop(lab)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
