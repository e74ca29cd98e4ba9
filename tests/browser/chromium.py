"""How the tests and the screenshot script start Chromium, and the sizes they look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections
from playwright.sync_api import Playwright, ViewportSize, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


@contextmanager
def playwright_alone() -> Iterator[Playwright]:
    """Playwright, with no database connection open when it begins and when it ends.

    It keeps an event loop running in this thread, and Django has other connections under a loop than without one. One
    left open on the other side is closed by nobody: a forked child, in which no loop runs, would share it with us.
    """
    connections.close_all()
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Django would refuse its own blocking calls under the loop
        try:
            yield playwright
        finally:
            connections.close_all()
