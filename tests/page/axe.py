"""What axe finds fault with."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
# A colour on its way from one to another has no contrast to judge.
STILL = "Promise.allSettled(document.getAnimations().map((one) => one.finished))"


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text())
    page.evaluate(STILL)
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [f"{one['impact']} {one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"]]
