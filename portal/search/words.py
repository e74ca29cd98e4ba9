"""Splitting text into words that plain PostgreSQL can find: words, codes with their parts, Chinese by pairs. Pure.

PostgreSQL's own parser knows no Chinese words, so a run of Chinese letters becomes its overlapping pairs, one position
each, and is found as a phrase of pairs; single letters are found too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

_RUN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]+|[^\W_\u3400-\u9fff\U00020000-\U0003134f]+")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]")
_PIECE = re.compile(r"\d+|[^\W\d_]+")
#: PostgreSQL keeps no position above this, and no more than 256 of a word; both are plenty.
LAST_POSITION = 16_000
MOST_POSITIONS = 255
#: Between two fields, so that no phrase reaches from one into the next.
GAP = 10
LONGEST_WORD = 200
SHORTEST_PREFIX = 2


def folded(text: str) -> str:
    """Lower case, full-width letters made narrow, accents taken off."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(sign for sign in plain if not unicodedata.combining(sign)))


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
    """A code whole, joined, in its parts, and every beginning of two letters or more: what people type of it."""
    whole = folded(code).strip()
    words = runs(whole)
    joined = "".join(words)
    pieces = {piece for word in words for piece in _PIECE.findall(word)}
    long = {whole, joined, *words}
    beginnings = {word[:length] for word in long for length in range(SHORTEST_PREFIX, min(len(word), 64))}
    return {word[:LONGEST_WORD] for word in long | pieces | beginnings if word}


def vector(codes: Iterable[str], names: Iterable[str], descriptions: Iterable[str]) -> str:
    """A tsvector literal. Codes and names weigh A, descriptions D, so that the former can come first."""
    places: dict[str, list[str]] = {}
    for code in codes:
        for word in parts_of_code(code):
            places.setdefault(word, []).append(f"{LAST_POSITION}A")
    at = 1
    for weight, texts in (("A", names), ("D", descriptions)):
        for text in texts:
            for words in _positions(text):
                for word in words:
                    if at < LAST_POSITION and len(places.setdefault(word, [])) < MOST_POSITIONS:
                        places[word].append(f"{at}{weight}")
                at += 1
            at += GAP
    return " ".join(quoted(word) + ":" + ",".join(where) for word, where in sorted(places.items()) if where)


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


def query(text: str, weight: str = "") -> str:
    """A tsquery literal: all words are there, the last may go on, Chinese runs hold together. Empty for no words.

    With a `weight` ("A") only codes and names count.
    """
    words = folded(text).split()
    terms = [_term(word, weight, last=place == len(words) - 1) for place, word in enumerate(words[:20])]
    return " & ".join(term for term in terms if term)


def _term(word: str, weight: str, *, last: bool) -> str:
    found = runs(word)
    mark = f":{weight}" if weight else ""
    end = f":*{weight}" if last else mark
    parts = []
    for place, run in enumerate(found):
        if is_chinese(run):
            parts.append("(" + " <-> ".join(quoted(pair) + mark for pair in pairs(run)) + ")")
        else:
            parts.append(quoted(run) + (end if place == len(found) - 1 else mark))
    together = " & ".join(parts)
    if len(found) > 1 and not any(map(is_chinese, found)):
        return f"({quoted(word[:LONGEST_WORD])}{end} | ({together}))"
    return together
