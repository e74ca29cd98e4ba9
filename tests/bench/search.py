"""The first 40 of a search for a dealer, over a million names, against a bare tsvector query for the same terms."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from portal.search import index, query, typos, words
from portal.search.index import codes_of
from portal.search.models import ProductCode, ProductEntry, Word
from portal.search.query import find
from portal.search.typos import dictionary_words, keys_of
from portal.search.words import Texts, vector
from pricing.catalogue.models import ProductCard
from pricing.numbers import keys
from pricing.numbers.models import DealerItemNumber
from pricing.terms.models import DealerPriceList, Price, PriceList
from tests.bench.copying import bare_cursor, copy_rows, count
from tests.bench.harness import Bench, Outcome, compare, forget_peak_memory
from tests.bench.machine import built_database

Product = get_model("catalogue", "Product")
ProductClass = get_model("catalogue", "ProductClass")

SEED = 20260702
NAMES = 1_000_000
OWN_NUMBERS = 20_000
TERMS = 1_000
FIRST = 40
SLOWEST_MS = 60
#: The share of terms with a typo, each made from a product, whose product must be on the first page.
LEAST_RECALL = 0.95
ROUNDS = 5
SOURCES = [
    Path(str(module.__file__)) for module in (index, query, typos, words, keys)
] + [Path(__file__), Path(__file__).with_name("copying.py")]  # fmt: skip
FLOOR = "SELECT product_id FROM portal_search_productentry WHERE words @@ %s::tsquery LIMIT 40"

_NOUNS = """
bolt nut washer screw bracket valve hinge pump filter gasket bearing coupling sensor spring clamp pulley
flange bushing spacer rivet anchor hook handle castor wheel chain belt gear shaft piston nozzle gauge switch
relay fuse cable connector terminal socket adapter hose pipe elbow tee reducer plug cap cover seal ring pin
key collar latch lock drill saw blade hammer wrench spanner pliers chisel file brush roller ladder trolley
bucket basket tray shelf rack
"""
NOUNS = _NOUNS.split()
_QUALITIES = """
stainless galvanised hexagon countersunk threaded flanged heavy light long short double single rubber brass
copper steel plastic nylon ceramic carbon hardened polished welded forged sealed insulated magnetic adjustable
quick safety industrial marine hydraulic pneumatic electric manual digital waterproof foldable telescopic
"""
QUALITIES = _QUALITIES.split()
_NOUNS_ZH = """
螺栓 螺母 垫圈 螺钉 支架 阀门 铰链 水泵 滤芯 轴承 联轴器 传感器 弹簧 夹具 滑轮 法兰 衬套 隔套 铆钉
地脚螺栓 吊钩 把手 脚轮 链条 皮带 齿轮 传动轴 活塞 喷嘴 压力表 开关 继电器 熔断器 电缆 接线端子 插座 转接头
软管 弯头 三通 密封圈 定位销 挂锁 钻头 锯片 锤子 扳手 钳子 凿子 锉刀 毛刷 滚筒 梯子 手推车 水桶 托盘 货架
"""
NOUNS_ZH = _NOUNS_ZH.split()
_QUALITIES_ZH = """
不锈钢 镀锌 内六角 外六角 沉头 全螺纹 重型 轻型 加长 双头 橡胶 黄铜 紫铜 碳钢 塑料 尼龙 陶瓷 碳纤维 淬火
抛光 焊接 锻造 密封 绝缘 磁性 可调 快速 安全 工业级 船用 液压 气动 电动 手动 数字式 防水 折叠 伸缩
"""
QUALITIES_ZH = _QUALITIES_ZH.split()


@dataclass(frozen=True)
class Goods:
    """A product of the benchmark."""

    pk: int
    sku: str
    ean: str
    name: str
    name_zh: str

    @property
    def texts(self) -> Texts:
        """What it is found by."""
        return Texts(codes=(self.sku, self.ean), names=(self.name, self.name_zh))


@dataclass(frozen=True)
class Term:
    """What is typed. `wanted` is the product that was meant, for those that say enough to be held to it."""

    kind: str
    text: str
    wanted: int = 0


def goods() -> Iterator[Goods]:
    """A million products, the same every time."""
    chance = random.Random(SEED)
    families = ["".join(chance.choice(("ka", "lo", "mer", "ti", "von", "sa", "ru", "bel")) for _ in range(4))
                for _ in range(4_000)]  # fmt: skip
    letters = string.ascii_uppercase
    for pk in range(1, NAMES + 1):
        size = f"M{chance.randint(3, 64)}x{chance.randint(5, 400)}"
        sku = f"{chance.choice(letters)}{chance.choice(letters)}-{chance.randint(0, 999):03d}-{pk:06d}"
        name = f"{chance.choice(QUALITIES)} {chance.choice(NOUNS)} {chance.choice(families)} {size}".capitalize()
        name_zh = f"{chance.choice(QUALITIES_ZH)}{chance.choice(QUALITIES_ZH)}{chance.choice(NOUNS_ZH)} {size}"
        yield Goods(pk, sku, f"690{pk * 7_919_317 % 10**10:010d}", name, name_zh)


def build() -> None:
    """Fill the empty database; a few minutes, once."""
    goods_class = ProductClass.objects.create(name="Goods", slug="goods")
    common = {"structure": Product.STANDALONE, "product_class_id": goods_class.pk, "parent_id": None}
    copy_rows(Product, ({"id": g.pk, "upc": g.sku, "title": g.name, "slug": f"s{g.pk}", **common} for g in goods()))
    copy_rows(ProductCard, ({"product_id": g.pk, "name_zh": g.name_zh, "ean": g.ean} for g in goods()))
    dealer = Dealer.objects.create(number="D00001", name="Dealer", currency="CNY", tax_percent=Decimal(13))
    for place, step in enumerate((50, 1), start=1):
        price_list = PriceList.objects.create(code=f"L{place}", name=f"List {place}", currency="CNY")
        DealerPriceList.objects.create(dealer=dealer, price_list=price_list, priority=place)
        price = {"price_list_id": price_list.pk, "min_quantity": 1, "price": Decimal("9.90")}
        copy_rows(Price, ({"product_id": pk, **price} for pk in range(1, NAMES + 1, step)))
    _index()
    numbers = ((pk, f"OWN{pk:07d}") for pk in range(1, NAMES, NAMES // OWN_NUMBERS))
    copy_rows(
        DealerItemNumber,
        ({"dealer_id": dealer.pk, "product_id": pk, "number": own, "key": own.lower()} for pk, own in numbers),
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _index() -> None:
    """As `reindex` writes it, by COPY; the large index is made behind the rows."""
    known: set[str] = set()

    def entries() -> Iterator[dict[str, Any]]:
        for each in goods():
            known.update(dictionary_words(each.texts.names))
            yield {"product_id": each.pk, "words": vector(each.texts)}

    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX product_words")
        copy_rows(ProductEntry, entries())
        cursor.execute("CREATE INDEX product_words ON portal_search_productentry USING gin (words)")
    codes = ((each.pk, key, code) for each in goods() for code, key in codes_of(each.texts).items())
    copy_rows(ProductCode, ({"product_id": pk, "key": key, "code": code} for pk, key, code in codes))
    copy_rows(Word, ({"word": word, "keys": "{" + ",".join(sorted(keys_of(word))) + "}"} for word in sorted(known)))


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
    return Term("English typo", " ".join(said), each.pk)


def _typo_zh(each: Goods, chance: random.Random) -> Term:
    whole, size = each.name_zh.split()
    place = chance.randrange(len(whole))
    return Term("Chinese typo", f"{whole[:place]}错{whole[place + 1 :]} {size}", each.pk)


def _typo_code(each: Goods, chance: random.Random) -> Term:
    signs = string.digits + string.ascii_lowercase
    return Term("code typo", _wrong(each.sku.replace("-", "").lower(), signs, chance), each.pk)


def _wrong(word: str, signs: str, chance: random.Random) -> str:
    place, sign = chance.randrange(len(word) - 1), chance.choice(signs)
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    left_out, put_in = word[:place] + word[place + 1 :], word[:place] + sign + word[place:]
    return chance.choice((swapped, left_out, put_in, word[:place] + sign + word[place + 1 :]))


def run() -> Outcome:
    """Every term once a round, by the service layer and by psycopg2 alone."""
    built_database("search", SOURCES, build)
    dealer = Dealer.objects.get(number="D00001")
    asked = terms()
    literals = [words.query(term.text) for term in asked]
    forget_peak_memory()

    def floor() -> None:
        with bare_cursor() as cursor:
            for literal in literals:
                cursor.execute(FLOOR, [literal])
                cursor.fetchall()

    def contestant() -> None:
        for term in asked:
            find(dealer, term.text, limit=FIRST)

    most = max(count(lambda term=term: find(dealer, term.text, limit=FIRST)) for term in asked[:100])
    case = compare("1,000 terms", contestant, floor, rounds=ROUNDS, queries=most)
    outcome = Outcome([case])
    _judge(outcome, dealer, asked, literals)
    return outcome


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
        with bare_cursor() as cursor:
            cursor.execute(FLOOR, [literal])
            cursor.fetchall()
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
