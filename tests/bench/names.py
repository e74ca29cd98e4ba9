"""A million names, English and Chinese, indexed as the shop does it, and a dealer who may buy them all."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from portal.search.models import ProductCode, ProductEntry, Word
from portal.search.typos import dictionary_words, keys_of
from portal.search.words import Texts, codes_of, vector
from pricing.catalogue.models import ProductCard
from pricing.numbers.models import DealerItemNumber
from pricing.terms.models import DealerPriceList, Price, PriceList
from tests.bench.copying import copy_rows

Product = get_model("catalogue", "Product")
ProductClass = get_model("catalogue", "ProductClass")

SEED = 20260702
NAMES = 1_000_000
OWN_NUMBERS = 20_000

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
