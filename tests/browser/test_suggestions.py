"""The suggestions under the search box work by keyboard."""

from __future__ import annotations

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

BOX = """<form class="p-search"><input id="box"><div class="s-suggested">
<a id="one" href="#one">One</a><a id="two" href="#two">Two</a></div></form>"""


def test_arrows_walk_through_the_suggestions_and_escape_returns(chromium: Browser) -> None:
    page = chromium.new_page()
    try:
        page.set_content(BOX)
        page.add_script_tag(path=finders.find("portal/js/portal.js"))
        page.focus("#box")
        visited = []
        for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp", "Escape"):
            page.keyboard.press(key)
            visited.append(page.evaluate("document.activeElement.id"))
    finally:
        page.close()
    assert visited == ["one", "two", "box", "two", "box"]
