"""Take the pictures of the README from a running demo: `make demo` in one terminal, `make screenshots` in another."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from portal.operations.install import find_browser
from tests.browser.chromium import ARGUMENTS, DESKTOP

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "docs" / "pictures"
URL = f"http://localhost:{os.environ.get('PORT', '8000')}"


def main() -> int:
    """Sign in as dealer and as sales rep and take one picture of each front end; 1 when the demo does not run."""
    var = Path(os.environ.get("PORTAL_VAR", ROOT / "var"))
    logins = {row["role"]: row for row in json.loads((var / "demo-logins.json").read_text())}
    program = find_browser()
    if program is None:
        print("No Chromium or Chrome was found.", file=sys.stderr)
        return 1
    PICTURES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        shop = _signed_in(browser, logins["dealer administrator"])
        shop.goto(f"{URL}/shop/catalogue/")
        _take(shop, "shop")
        console = _signed_in(browser, logins["sales rep"])
        console.goto(f"{URL}/console/review/")
        console.locator("main table a").first.click()
        _take(console, "console")
        browser.close()
    return 0


def _signed_in(browser: Browser, login: dict[str, str]) -> Page:
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    page = context.new_page()
    page.goto(f"{URL}/accounts/login/")
    page.fill("input[name=login]", login["email"])
    page.fill("input[name=password]", login["password"])
    page.click("form:has(input[name=login]) button[type=submit]")
    page.wait_for_url(re.compile(r"/(shop|console)/"))
    context.add_cookies([{"name": "django_language", "value": "en", "url": URL}])
    return page


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
