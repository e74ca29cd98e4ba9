"""Real Chromium for the browser tests; without one they are skipped and named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

from portal.operations.install import find_browser
from tests.browser.chromium import ARGUMENTS, DESKTOP, playwright_alone
from tests.stack import Stack, running_stack


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One Chromium for a file; not for longer, so that no other test runs under Playwright's event loop."""
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium or Chrome is installed; `make test` names how to get one")
    with playwright_alone() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def stack(committed_db: None, database_name: str, tmp_path: Path) -> Iterator[Stack]:
    """The whole portal running on this worker's database."""
    place = re.search(r"gw(\d+)", database_name)
    with running_stack(database_name, tmp_path / "stack", 8 + (int(place[1]) if place else 0)) as running:
        yield running


class Visitor:
    """A person at a real browser; whatever the console or the policy complains about fails the test."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{self.page.url}: {message.text} {message.location['url']}")

    def open(self, path: str) -> Page:
        """Open a page of the portal and wait until it is quiet."""
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        self.page.wait_for_load_state("networkidle")
        return self.page

    def sign_in(self, email: str, password: str) -> None:
        """Sign in by e-mail and password."""
        self.open("/accounts/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", password)
        self.page.click("form:has(input[name=login]) button[type=submit]")
        self.page.wait_for_url(re.compile(r"/(shop|console)/"))

    def speak(self, language: str) -> None:
        """Choose a language."""
        self.context.add_cookies([{"name": "django_language", "value": language, "url": self.url}])


@pytest.fixture
def visit(chromium: Browser, stack: Stack) -> Iterator[Any]:
    """`visit(size)` opens a fresh browser profile on the portal."""
    contexts: list[BrowserContext] = []
    visitors: list[Visitor] = []

    def make(size: ViewportSize = DESKTOP, language: str = "en") -> Visitor:
        # Still colours: a button that fades from one look to another has a contrast of its own in every frame.
        context = chromium.new_context(
            viewport=size, locale="zh-CN" if language == "zh-hans" else "en-GB", reduced_motion="reduce"
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        visitors.append(Visitor(context, stack.url))
        return visitors[-1]

    yield make
    for context in contexts:
        context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []
