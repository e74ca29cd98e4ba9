"""What paper shows: the content, headings on every page, totals once."""

from __future__ import annotations

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

TABLE = "<table class='p-table'><thead><tr><th>H</th></tr></thead><tfoot><tr><td>Sum</td></tr></tfoot></table>"


def test_headings_repeat_on_every_page_and_totals_do_not(chromium: Browser) -> None:
    page = chromium.new_page()
    try:
        page.set_content(TABLE)
        page.add_style_tag(path=finders.find("portal/css/print.css"))
        page.emulate_media(media="print")
        shown = page.evaluate("['thead', 'tfoot'].map(tag => getComputedStyle(document.querySelector(tag)).display)")
    finally:
        page.close()
    assert shown == ["table-header-group", "table-row-group"]
