"""The first 40 of a search for a dealer, over a million names, against a bare tsvector query for the same terms."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter

from dealers.accounts.models import Dealer
from portal.search import typos, words
from portal.search.query import find
from pricing.numbers import keys
from tests.bench import names
from tests.bench.copying import bare_cursor, count
from tests.bench.harness import Bench, Outcome, compare, forget_peak_memory, timed
from tests.bench.machine import built_database
from tests.bench.names import NAMES, OWN_NUMBERS, SEED, Goods, build, goods

TERMS = 1_000
FIRST = 40
SLOWEST_MS = 60
#: The share of terms with a typo, each made from a product, whose product must be on the first page.
LEAST_RECALL = 0.95
ROUNDS = 5
#: What decides over the rows of the database.
SOURCES = [Path(str(module.__file__)) for module in (words, typos, keys, names)]
FLOOR = "SELECT product_id FROM portal_search_productentry WHERE words @@ %(asked)s::tsquery LIMIT 40"
RANKED = f"{FLOOR.removesuffix(' LIMIT 40')} ORDER BY ts_rank(words, %(asked)s::tsquery) DESC LIMIT 40"
RANKED_TERMS = 100


@dataclass(frozen=True)
class Term:
    """What is typed.

    With a typo there is also what was meant, and `wanted`: the product, which must be found all the same.
    """

    kind: str
    text: str
    meant: str = ""
    wanted: int = 0


def terms() -> list[Term]:
    """What is typed, in turn: English, Chinese, codes, and each of them with a typo."""
    chance = random.Random(SEED + 1)
    chosen = set(chance.sample(range(1, NAMES + 1), TERMS))
    makers = cycle((_english, _chinese, _code, _typo, _typo_zh, _typo_code))
    found = [next(makers)(each, chance) for each in goods() if each.pk in chosen]
    chance.shuffle(found)
    return found


def _english(each: Goods, chance: random.Random) -> Term:
    said = each.name.split()
    return Term("English", " ".join(chance.choice((said[:1], said[1:2], said[:2], said[1:3], said[1:2] + said[3:]))))


def _chinese(each: Goods, chance: random.Random) -> Term:
    whole, size = each.name_zh.split()
    return Term("Chinese", chance.choice((whole[-2:], whole[-4:], whole, f"{whole[-3:]} {size}", whole[:1])))


def _code(each: Goods, chance: random.Random) -> Term:
    own = each.pk if each.pk % (NAMES // OWN_NUMBERS) == 1 else 1
    typed = (each.sku, each.sku.replace("-", "").lower(), each.sku[:9], each.sku[:2], each.ean, each.ean[:9])
    return Term("code", chance.choice((*typed, f"own {own:07d}")))


def _typo(each: Goods, chance: random.Random) -> Term:
    said = each.name.lower().split()
    place = chance.choice((0, 1, 2))
    if len(said[place]) >= typos.SHORTEST_WORD:
        said[place] = _wrong(said[place], string.ascii_lowercase, chance)
    return Term("English typo", " ".join(said), each.name.lower(), each.pk)


def _typo_zh(each: Goods, chance: random.Random) -> Term:
    whole, size = each.name_zh.split()
    place = chance.randrange(len(whole))
    return Term("Chinese typo", f"{whole[:place]}错{whole[place + 1 :]} {size}", each.name_zh, each.pk)


def _typo_code(each: Goods, chance: random.Random) -> Term:
    signs = string.digits + string.ascii_lowercase
    code = each.sku.replace("-", "").lower()
    return Term("code typo", _wrong(code, signs, chance), code, each.pk)


def _wrong(word: str, signs: str, chance: random.Random) -> str:
    place, sign = chance.randrange(len(word) - 1), chance.choice(signs)
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    left_out, put_in = word[:place] + word[place + 1 :], word[:place] + sign + word[place:]
    return chance.choice((swapped, left_out, put_in, word[:place] + sign + word[place + 1 :]))


def run() -> Outcome:
    """Every term once a round, by the service layer and by psycopg2 alone."""
    built_database("search", SOURCES, build, copied=False)
    dealer = Dealer.objects.get(number="D00001")
    asked = terms()
    literals = [words.query(term.meant or term.text) for term in asked]
    forget_peak_memory()

    def floor() -> None:
        _bare_all(FLOOR, literals)

    def contestant() -> None:
        for term in asked:
            find(dealer, term.text, limit=FIRST)

    most = max(count(partial(find, dealer, term.text, limit=FIRST)) for term in asked[:100])
    case = compare("1,000 terms", contestant, floor, rounds=ROUNDS, queries=most)
    outcome = Outcome([case], [_about_the_floor(literals[:RANKED_TERMS])])
    _judge(outcome, dealer, asked, literals)
    return outcome


def _bare_all(statement: str, literals: list[str]) -> None:
    with bare_cursor() as cursor:
        for literal in literals:
            cursor.execute(statement, {"asked": literal})
            cursor.fetchall()


def _about_the_floor(literals: list[str]) -> str:
    """What the floor does and does not do, and what the same query costs that ranks."""
    floor, _cpu = timed(partial(_bare_all, FLOOR, literals))
    ranked, _cpu = timed(partial(_bare_all, RANKED, literals))
    return (
        "the floor gives the keys of the first 40 matches as they stand in the table, in no order and of all products, "
        "for a term with a typo those of what was meant; ours gives the keys of the best 40 that the dealer may buy. "
        f"Ordered by ts_rank the bare query takes {ranked / floor:,.0f} times the floor ({len(literals)} terms)"
    )


def _judge(outcome: Outcome, dealer: Dealer, asked: list[Term], literals: list[str]) -> None:
    """Each term by itself: its time, and whether what was meant is on the first page."""
    times: dict[str, list[float]] = {}
    floors: dict[str, list[float]] = {}
    hits: dict[str, list[bool]] = {}
    for term, literal in zip(asked, literals, strict=True):
        start = perf_counter()
        ids = find(dealer, term.text, limit=FIRST).ids
        times.setdefault(term.kind, []).append((perf_counter() - start) * 1000)
        start = perf_counter()
        _bare_all(FLOOR, [literal])
        floors.setdefault(term.kind, []).append((perf_counter() - start) * 1000)
        if term.wanted:
            hits.setdefault(term.kind, []).append(term.wanted in ids)
    everything = sorted(time for each in times.values() for time in each)
    slowest = everything[len(everything) * 99 // 100]
    recall = [hit for each in hits.values() for hit in each]
    outcome.notes.append(f"p50 {median(everything):.1f} ms, p99 {slowest:.1f} ms, limit {SLOWEST_MS} ms")
    for kind in sorted(times):
        text = f"{kind}: p50 {median(times[kind]):.1f} ms, slowest {max(times[kind]):.1f} ms"
        text += f"; floor {median(floors[kind]):.2f} ms"
        if kind in hits:
            text += f"; {sum(hits[kind])} of {len(hits[kind])} found what was meant among the first {FIRST}"
        outcome.notes.append(text)
    if slowest > SLOWEST_MS:
        outcome.broken.append(f"p99 {slowest:.0f} ms is more than {SLOWEST_MS} ms")
    if sum(recall) < LEAST_RECALL * len(recall):
        outcome.broken.append(f"only {sum(recall)} of {len(recall)} terms with a typo found what was meant")


BENCH = Bench(
    "search", "The first 40 of a million names for a dealer, English, Chinese, codes, typos", {"1,000 terms": 2.5}, run
)
