"""Sentences that remember how they were made, so that they can be said again in another reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext


class Sentence(str):
    """A translated sentence. `template` is its English original, `values` what stands in its places (or None)."""

    template: str
    values: Any

    def __mod__(self, values: Any) -> Sentence:
        """The sentence with its places filled, as with any text."""
        return _made(str.__mod__(self, values), self.template, values)


def worded(template: str) -> Sentence:
    """Use it as `_`: gettext that remembers the template."""
    return _made(gettext(template), template, None)


def _made(text: str, template: str, values: Any) -> Sentence:
    sentence = Sentence(text)
    sentence.template, sentence.values = template, values
    return sentence
