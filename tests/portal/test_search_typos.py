"""One wrong letter: which words share a key, and what was meant."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.search.typos import (
    asked_keys,
    code_neighbours,
    dictionary_words,
    halves,
    is_near,
    keys_of,
    meant,
    one_apart,
)

LETTERS = string.ascii_lowercase
LATIN = st.text(LETTERS + "ñß", min_size=4, max_size=14).filter(lambda word: dictionary_words([word]) == {word})
HAN = st.text("螺栓钉母内外六角铜铁钢垫圈", min_size=3, max_size=9)


@st.composite
def edited(draw: st.DrawFn, words: st.SearchStrategy[str]) -> tuple[str, str]:
    """A word, and the same with one letter put in, left out, replaced or swapped with the next."""
    word = draw(words)
    place, letter = draw(st.integers(0, len(word) - 1)), draw(st.sampled_from(LETTERS))
    kind = draw(st.sampled_from(["insert", "delete", "replace", "swap"]))
    if kind == "swap":
        return word, word[:place] + word[place : place + 2][::-1] + word[place + 2 :]
    put_in = "" if kind == "delete" else letter
    return word, word[:place] + put_in + word[place + (kind != "insert") :]


@given(edited(LATIN))
def test_every_edit_of_a_word_is_found(pair: tuple[str, str]) -> None:
    word, typed = pair

    assert keys_of(word) & asked_keys(typed)
    assert typed == word or word in meant(typed, {word})


@given(HAN, st.data())
def test_every_wrong_letter_of_chinese_is_found(word: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    typed = word[:place] + "错" + word[place + 1 :]
    known = dictionary_words([word])

    assert all(keys_of(shingle) & asked_keys(typed) for shingle in known)
    assert word in meant(typed, known)


@given(edited(st.text(LETTERS + string.digits, min_size=5, max_size=24)))
def test_every_edit_of_a_code_is_its_neighbour(pair: tuple[str, str]) -> None:
    code, typed = pair

    assert typed == code or len(typed) > 24 or code in code_neighbours(typed)


@given(edited(st.text("abc1", min_size=5, max_size=24)))
def test_every_edit_of_a_code_leaves_a_half_of_it(pair: tuple[str, str]) -> None:
    code, typed = pair
    head, tail = halves(typed)

    assert len(typed) < 5 or code.startswith(head) or code.endswith(tail)
    assert typed == code or is_near(typed, code)


@given(LATIN, LATIN)
def test_one_apart_is_what_an_edit_makes(first: str, second: str) -> None:
    edits = {first[:at] + first[at + 1 :] for at in range(len(first))}
    edits |= {first[:at] + letter + first[at + 1 :] for at in range(len(first)) for letter in set(second)}
    edits |= {first[:at] + letter + first[at:] for at in range(len(first) + 1) for letter in set(second)}
    edits |= {first[:at] + first[at + 1] + first[at] + first[at + 2 :] for at in range(len(first) - 1)}

    assert one_apart(first, second) == (second in edits - {first})


@pytest.mark.parametrize(("typed", "word"), [("blot", "boat"), ("bolt", "blots"), ("abcd", "badc"), ("same", "same")])
def test_two_wrong_letters_are_too_many(typed: str, word: str) -> None:
    assert not one_apart(typed, word)


def test_the_word_with_the_same_beginning_is_likelier() -> None:
    assert meant("bolr", {"bolt", "bold", "colr"}) == ["bold", "bolt", "colr"]


def test_codes_in_names_are_no_words() -> None:
    assert dictionary_words(["Bolt M8x40 mm", "六角螺栓M8"]) == {"bolt", "六角螺", "角螺栓"}
