"""Whether a page can be used by everybody."""

from __future__ import annotations

import axe_core_python.sync_playwright
from playwright.sync_api import Page


def violations(page: Page) -> list[str]:
    """What axe finds seriously or critically wrong with a page: each rule with the element it is about."""
    found = axe_core_python.sync_playwright.Axe().run(page)
    return [
        f"{violation['id']} {node['target']}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
