"""One wrong letter: the keys under which a word is found in spite of it, and what a typed word may have meant. Pure.

A word's keys are itself and itself less one letter (as SymSpell has it): two words that differ by one letter put in,
left out, replaced or swapped with the next share a key. Chinese words cannot be told from a run, so of Chinese every
three letters in a row are kept, with a gap in each place as keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from portal.search.words import is_chinese, runs

SHORTEST_WORD = 4
LONGEST_WORD = 40
SHORTEST_CODE = 5
LONGEST_CODE = 24
#: Three Chinese letters in a row are what is kept of Chinese.
CHINESE = 3
LONGEST_CHINESE = 20
MOST_MEANT = 8
GAP = "?"
_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"


def shingles(run: str) -> list[str]:
    """All three letters in a row of a Chinese run; none of a shorter one."""
    return [run[place : place + CHINESE] for place in range(len(run) - CHINESE + 1)]


def dictionary_words(texts: Iterable[str]) -> set[str]:
    """What of these texts can be found in spite of a typo: words of letters, and Chinese by threes."""
    found: set[str] = set()
    for text in texts:
        for run in runs(text):
            if is_chinese(run):
                found.update(shingles(run))
            elif SHORTEST_WORD <= len(run) <= LONGEST_WORD and run.isalpha():
                found.add(run)
    return found


def keys_of(word: str) -> set[str]:
    """The keys under which a word of the dictionary is kept."""
    return set(gaps(word)) if is_chinese(word) else {word, *shortened(word)}


def shortened(word: str) -> Iterator[str]:
    """The word less each of its letters."""
    return (word[:place] + word[place + 1 :] for place in range(len(word)))


def gaps(shingle: str) -> Iterator[str]:
    """Three Chinese letters with a gap in each place."""
    return (shingle[:place] + GAP + shingle[place + 1 :] for place in range(len(shingle)))


def asked_keys(run: str) -> set[str]:
    """The keys to ask the dictionary for; none for a run too short or too long to be mended."""
    if is_chinese(run):
        fits = CHINESE <= len(run) <= LONGEST_CHINESE
        return {key for shingle in shingles(run) for key in gaps(shingle)} if fits else set()
    fits = SHORTEST_WORD - 1 <= len(run) <= LONGEST_WORD + 1 and run.isalpha()
    return {run, *shortened(run)} if fits else set()


def one_apart(first: str, second: str) -> bool:
    """Whether one letter put in, left out, replaced or swapped with the next makes one word the other."""
    if len(first) > len(second):
        first, second = second, first
    if first == second or len(second) - len(first) > 1:
        return False
    start = next((at for at, (one, two) in enumerate(zip(first, second, strict=False)) if one != two), len(first))
    if len(first) < len(second):
        return first[start:] == second[start + 1 :]
    if first[start + 1 :] == second[start + 1 :]:
        return True
    swapped = first[start : start + 2][::-1]
    return swapped == second[start : start + 2] and first[start + 2 :] == second[start + 2 :]


def is_known(run: str, known: set[str]) -> bool:
    """Whether the dictionary has the run itself."""
    return all(shingle in known for shingle in shingles(run)) if is_chinese(run) else run in known


def meant(run: str, known: Iterable[str]) -> list[str]:
    """What a run that was typed may have meant, of the words the dictionary has under its keys; the likelier first.

    The first letter is seldom the wrong one.
    """
    if is_chinese(run):
        return list(_meant_in_chinese(run, {word for word in known if len(word) == CHINESE}))[:MOST_MEANT]
    fits = {word for word in known if not is_chinese(word) and one_apart(run, word)}
    return sorted(fits, key=lambda word: (word[0] != run[0], abs(len(word) - len(run)), word))[:MOST_MEANT]


def _meant_in_chinese(run: str, known: set[str]) -> Iterator[str]:
    """The run with one letter replaced, so that all its threes are known."""
    unknown = {at for at, three in enumerate(shingles(run)) if three not in known}
    for place in range(len(run)):
        around = range(max(place - CHINESE + 1, 0), min(place, len(run) - CHINESE) + 1)
        if not unknown.issubset(around):
            continue
        letters = []
        for at in around:
            before, behind = run[at:place], run[place + 1 : at + CHINESE]
            fitting = (word for word in known if word.startswith(before) and word.endswith(behind))
            letters.append({word[place - at] for word in fitting})
        for letter in sorted(set.intersection(*letters) - {run[place]}):
            yield run[:place] + letter + run[place + 1 :]


def is_mendable(key: str) -> bool:
    """Whether a code is long enough, and not too long, to be mended."""
    return SHORTEST_CODE - 1 <= len(key) <= LONGEST_CODE and not any(map(is_chinese, key))


def halves(key: str) -> tuple[str, str]:
    """A beginning and an end of a code that can be mended: one wrong sign leaves one of them as it is."""
    middle = len(key) // 2
    return key[:middle], key[middle + 1 :]


def is_near(key: str, code: str) -> bool:
    """Whether a code that was typed may have meant another."""
    return len(code) >= SHORTEST_CODE and one_apart(key, code)


def code_neighbours(key: str) -> Sequence[str]:
    """Every code that is one sign away; none for a code that cannot be mended."""
    if not is_mendable(key):
        return ()
    signs = sorted({*_SIGNS, *key})
    found = {
        key[:place] + sign + key[place + taken :] for place in range(len(key) + 1) for sign in signs for taken in (0, 1)
    }
    found.update(shortened(key))
    found.update(key[:at] + key[at + 1] + key[at] + key[at + 2 :] for at in range(len(key) - 1))
    return sorted(other for other in found - {key} if len(other) >= SHORTEST_CODE)
