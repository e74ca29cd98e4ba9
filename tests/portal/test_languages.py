"""English and Chinese are both complete: every string is marked, and every marked string is translated."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext

from portal.languages.catalogue import load, untranslated
from portal.languages.extract import ROOT, messages, template_messages

CATALOGUE = load()
TEMPLATES = sorted(
    path for path in (ROOT / "templates").rglob("*.html") if "oscar" not in path.relative_to(ROOT / "templates").parts
)


def test_every_message_of_the_source_has_chinese() -> None:
    missing = sorted(
        {
            f"{message.place}: {message.text}"
            for message in messages()
            if not (found := CATALOGUE.get(message.text, message.context or None)) or not found.string
        }
    )
    assert missing == []


def test_no_translation_is_doubtful_or_empty() -> None:
    assert untranslated(CATALOGUE) == []


def test_placeholders_survive_translation() -> None:
    broken = []
    for message in CATALOGUE:
        if not message.id or not message.string:
            continue
        sources = message.id if isinstance(message.id, tuple | list) else (message.id,)
        wanted = set(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", " ".join(sources)))
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        broken += [string for string in strings if set(re.findall(r"%\(\w+\)[sd]|%[sd]|\{\w*\}", string)) != wanted]
    assert broken == []


class _Words(HTMLParser):
    """Collects text that a person reads and that no tag of the template language made."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        for name, value in attrs:
            if name in ("title", "alt", "placeholder", "aria-label") and value:
                self.handle_data(value)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._silent and re.search(r"[A-Za-z]{2,}|[\u4e00-\u9fff]", data):
            self.found.append(data.strip())


ALLOWED = {"PDF", "Excel", "XML", "UBL", "English", "简体中文", "中文", "CSV", "XLSX"}


def _unmarked(source: str) -> list[str]:
    """Words in a template that are outside every translation tag."""
    text = re.sub(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", "", source, flags=re.DOTALL)
    text = re.sub(r"\{% blocktrans.*?\{% endblocktrans\w* %\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{% block (body_class|\w+_class) %\}.*?\{% endblock %\}", "", text, flags=re.DOTALL)
    # A tag inside an attribute would end it early for an HTML parser, so tags go first.
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
    parser = _Words()
    parser.feed(text)
    return [
        words for words in parser.found if not set(re.findall(r"[A-Za-z]{2,}|[\u4e00-\u9fff]{2,}", words)) <= ALLOWED
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_has_words_outside_translation(path: Path) -> None:
    assert _unmarked(path.read_text(encoding="utf-8")) == []


def test_the_extractor_sees_every_form() -> None:
    source = """{% blocktranslate trimmed with a=b count n=3 %}
        One {{ a }} at 5%
    {% plural %}
        Many {{ n }}
    {% endblocktranslate %}{% translate "Hi" context "greeting" as x %}{{ _("Yes") }}{% if a == _('No') %}{% endif %}"""
    found = [(message.text, message.plural, message.context) for message in template_messages(source, "t")]
    assert found == [
        ("One %(a)s at 5%%", "Many %(n)s", ""),
        ("Hi", "", "greeting"),
        ("Yes", "", ""),
        ("No", "", ""),
    ]


def test_the_words_check_can_fail() -> None:
    assert _unmarked('<p title="Open">{% translate "Fine" %} but this</p>') == ["Open", "but this"]


def test_english_stays_as_written() -> None:
    with translation.override("en"):
        changed = {
            message.text: gettext(message.text)
            for message in messages()
            if not message.context and not message.plural and gettext(message.text) != message.text
        }
    assert changed == {}
