"""Splitting text into words that plain PostgreSQL can find: words, codes with their parts, Chinese by pairs. Pure.

PostgreSQL's own parser knows no Chinese words, so a run of Chinese letters becomes its overlapping pairs, one position
each, and is found as a phrase of pairs; single letters are found too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pricing.numbers.keys import code_key, folded

_RUN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]+|[^\W_\u3400-\u9fff\U00020000-\U0003134f]+")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]")
_PIECE = re.compile(r"\d+|[^\W\d_]+")
#: PostgreSQL keeps no position above this, and no more than 256 of a word; both are plenty.
LAST_POSITION = 16_000
MOST_POSITIONS = 255
#: Between two fields, so that no phrase reaches from one into the next.
GAP = 10
LONGEST_WORD = 200
LONGEST_TEXT = 500
MOST_WORDS = 20
#: The beginning of a word is found from this many letters on: all words with one letter would be half the index.
SHORTEST_PREFIX = 2

#: The weights of a product's words, the surest first.
NAME, CODE, FACT, TEXT = "A", "B", "C", "D"

#: Where the weights go, behind a whole word and behind the beginning of one; no word has these signs.
_WHOLE, _PREFIX = "\x01", "\x02"

#: What a run may stand for when it is not found as it was typed.
Alternatives = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Texts:
    """What is known of a product: codes, names, facts (brand, attributes, categories) and descriptions."""

    codes: Sequence[str] = ()
    names: Sequence[str] = ()
    facts: Sequence[str] = ()
    descriptions: Sequence[str] = ()


def runs(text: str) -> list[str]:
    """The words and the runs of Chinese letters of a text, folded, in order."""
    return [run[:LONGEST_WORD] for run in _RUN.findall(folded(text))]


def is_chinese(run: str) -> bool:
    """Whether a run is one of Chinese letters."""
    return bool(_HAN.match(run))


def pairs(run: str) -> list[str]:
    """The overlapping pairs of a Chinese run; a single letter is its own."""
    return [run[place : place + 2] for place in range(len(run) - 1)] or [run]


def parts_of_code(code: str) -> set[str]:
    """A code joined, in its words, and in its runs of digits and of letters."""
    words = runs(code)
    pieces = {piece for word in words for piece in _PIECE.findall(word)}
    return {word for word in {"".join(words)[:LONGEST_WORD], *words, *pieces} if word}


def codes_of(texts: Texts) -> dict[str, str]:
    """A product's codes with their keys; one that has no letters and digits cannot be typed."""
    keys = {code[:200]: code_key(code) for code in texts.codes}
    return {code: key for code, key in keys.items() if key}


def vector(texts: Texts) -> str:
    """A tsvector literal; each kind of text has its weight, so that names can come before descriptions."""
    places: dict[str, list[str]] = {}
    for code in texts.codes:
        for word in parts_of_code(code):
            places.setdefault(word, []).append(f"{LAST_POSITION}{CODE}")
    at = 1
    for weight, fields in ((NAME, texts.names), (FACT, texts.facts), (TEXT, texts.descriptions)):
        for field in fields:
            for words in _positions(field):
                for word in words:
                    if at < LAST_POSITION and len(places.setdefault(word, [])) < MOST_POSITIONS:
                        places[word].append(f"{at}{weight}")
                at += 1
            at += GAP
    return " ".join(quoted(word) + ":" + ",".join(where) for word, where in places.items() if where)


def _positions(text: str) -> Iterator[tuple[str, ...]]:
    for run in runs(text):
        if not is_chinese(run):
            yield (run,)
            continue
        for place, letter in enumerate(run):
            pair = run[place : place + 2]
            yield (letter, pair) if len(pair) == 2 else (letter,)


def quoted(word: str) -> str:
    """A word as tsvector and tsquery literals take it."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


@lru_cache(maxsize=64)
def asked(text: str) -> tuple[tuple[str, ...], ...]:
    """The runs of each word that was typed, at most `MOST_WORDS` words."""
    words = (tuple(runs(word)) for word in folded(text[:LONGEST_TEXT]).split()[:MOST_WORDS])
    return tuple(found for found in words if found)


class Query:
    """What was typed, as tsquery literals: all words are there, Chinese runs hold together. Empty for no words.

    A run with `alternatives` is any of these, and itself only where it is one of them.
    """

    def __init__(self, text: str, alternatives: Alternatives | None = None) -> None:
        words, others = asked(text), alternatives or {}
        first = [_term(found, others, last=False) for found in words[:-1]]
        self._begun = " & ".join([*first, _term(words[-1], others, last=True)]) if words else ""
        self._whole = " & ".join([*first, _term(words[-1], others, last=False)]) if words else ""

    def begun(self, weights: str = "") -> str:
        """The last word may go on. With `weights` ("AC") only words of these kinds count."""
        return _weighted(self._begun, weights)

    def whole(self, weights: str = "") -> str:
        """The last word is whole too."""
        return _weighted(self._whole, weights)


def query(text: str) -> str:
    """What was typed as a tsquery literal, of which the last word may go on."""
    return Query(text).begun()


def with_runs(text: str, others: Mapping[str, str]) -> str:
    """The text, folded, with runs replaced by others."""
    return _RUN.sub(lambda found: others.get(found[0], found[0]), " ".join(folded(text[:LONGEST_TEXT]).split()))


def exactly(run: str) -> str:
    """A tsquery literal for one run as it stands."""
    return _weighted(_exactly(run), "")


def _term(found: Sequence[str], others: Alternatives, *, last: bool) -> str:
    end = len(found) - 1
    parts = []
    for place, run in enumerate(found):
        going_on = last and place == end
        options = [
            _begun(run) if going_on and other == run else _exactly(other) for other in others.get(run, ()) or (run,)
        ]
        parts.append(options[0] if len(options) == 1 else f"({' | '.join(options)})")
    together = " & ".join(parts)
    if len(found) > 1 and not any(map(is_chinese, found)):
        joined = "".join(found)[:LONGEST_WORD]
        return f"({_begun(joined) if last else _exactly(joined)} | ({together}))"
    return together


def _exactly(run: str) -> str:
    if is_chinese(run):
        return "(" + " <-> ".join([quoted(pair) + _WHOLE for pair in pairs(run)]) + ")"
    return quoted(run) + _WHOLE


def _begun(run: str) -> str:
    if is_chinese(run) or len(run) < SHORTEST_PREFIX:
        return _exactly(run)
    return quoted(run) + _PREFIX


def _weighted(query: str, weights: str) -> str:
    return query.replace(_WHOLE, f":{weights}" if weights else "").replace(_PREFIX, f":*{weights}")
