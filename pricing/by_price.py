"""The catalogue in the order of the dealer's own prices: exact, live, and as dear on the last page as on the first.

Nothing is kept for it. Each list of the dealer's chain is read from an index in the order of its prices, from the place
where the page starts; a row counts only if it is the one that prices its product for the smallest order today, which is
what `pricing.quote` answers too. The lists are read nearest first, and each only as far as the page can still reach.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from pricing.selling.inforce import MINE, SCOPE, in_force, scope_of

Category = get_model("catalogue", "Category")

CHAIN = """
SELECT c.price_list_id, l.tax_included
FROM pricing_terms_chain c JOIN pricing_terms_pricelist l ON l.id = c.price_list_id
WHERE c.dealer_id = %(dealer)s AND (l.valid_from IS NULL OR l.valid_from <= %(day)s)
  AND (l.valid_to IS NULL OR l.valid_to >= %(day)s)
ORDER BY c.rank, l.code
"""
HOLDS = "({0}.valid_from IS NULL OR {0}.valid_from <= %(day)s) AND ({0}.valid_to IS NULL OR {0}.valid_to >= %(day)s)"
NEAREST = (
    "array_position(%(lists)s::bigint[], {0}.price_list_id), {0}.min_quantity DESC, {0}.valid_from DESC NULLS LAST"
)
CARD_SMALLEST = "coalesce((k.minimum_quantity + k.order_multiple - 1) / k.order_multiple * k.order_multiple, 1)"

# The smallest order where quantity rules hold for the dealer: each field from the nearest rule, else from the card.
RULE_FIELD = """
(SELECT r.{field} FROM pricing_selling_quantityrule r LEFT JOIN catalogue_category up ON up.id = r.category_id
 WHERE r.{field} IS NOT NULL AND {MINE} AND (
    r.product_id IN (g.id, g.parent_id)
    OR (r.product_id IS NULL AND r.category_id IS NULL AND r.brand = '')
    OR (r.brand <> '' AND r.brand = coalesce(nullif(k.brand, ''),
        (SELECT m.brand FROM pricing_catalogue_productcard m WHERE m.product_id = g.parent_id), ''))
    OR (r.category_id IS NOT NULL AND EXISTS (
        SELECT FROM catalogue_productcategory pc JOIN catalogue_category below ON below.id = pc.category_id
        WHERE pc.product_id = coalesce(g.parent_id, g.id) AND left(below.path, up.depth * %(step)s) = up.path)))
 ORDER BY {SCOPE}, CASE WHEN r.product_id = g.id THEN 0 WHEN r.product_id IS NOT NULL THEN 1
    WHEN r.category_id IS NOT NULL THEN 2 WHEN r.brand <> '' THEN 3 ELSE 4 END,
    coalesce(up.depth, 0) DESC, r.valid_from DESC NULLS LAST, r.id
 LIMIT 1)
""".replace("{MINE}", MINE).replace("{SCOPE}", SCOPE)
RULED = """
(SELECT (f.least + f.step - 1) / f.step * f.step FROM (SELECT
    coalesce({minimum}, k.minimum_quantity, 1) AS least, coalesce({multiple}, k.order_multiple, 1) AS step) f)
""".replace("{minimum}", RULE_FIELD.replace("{field}", "minimum")).replace(
    "{multiple}", RULE_FIELD.replace("{field}", "multiple")
)

ARM = """
a{number} AS MATERIALIZED (
    SELECT {net} AS net, p.price AS stored, p.product_id
    FROM pricing_terms_price p
    JOIN catalogue_product g ON g.id = p.product_id
    LEFT JOIN pricing_catalogue_productcard k ON k.product_id = p.product_id
    CROSS JOIN LATERAL (
        SELECT q.id FROM pricing_terms_price q
        WHERE q.product_id = p.product_id AND q.price_list_id = ANY(%(lists)s::bigint[])
          AND q.min_quantity <= {smallest} AND {holds_q}
        ORDER BY {nearest} LIMIT 1
    ) ruling
    WHERE p.price_list_id = {price_list} AND {holds_p} AND ruling.id = p.id {conditions}
      AND EXISTS ({products} OFFSET 0)
    ORDER BY p.price {direction}, p.product_id {direction}
    LIMIT {limit}
)"""
#: What the lists that were read before leave room for: the last price of a full page, if they fill one.
ROOM = "coalesce((SELECT {net} FROM ({arms}) b ORDER BY net {direction} OFFSET {last} LIMIT 1), '{far}'::numeric)"
#: How far apart two stored prices with tax may lie that are the same without.
STEP = Decimal("0.0001")
RESOLVED = """
SELECT DISTINCT ON (q.product_id) q.product_id,
       CASE WHEN q.price_list_id = ANY(%(taxed)s::bigint[]) THEN {taken_out} ELSE q.price END AS net
FROM pricing_terms_price q
JOIN catalogue_product g ON g.id = q.product_id
LEFT JOIN pricing_catalogue_productcard k ON k.product_id = q.product_id
WHERE q.price_list_id = ANY(%(lists)s::bigint[]) AND {holds} AND q.min_quantity <= {smallest}
ORDER BY q.product_id, {nearest}
"""
SIDES = {"lowest": ">=", "highest": "<="}
NAMED = re.compile(r"%\((\w+)\)s")
#: After an even number of percent signs: those are escaped ones.
PLACEHOLDER = re.compile(r"(?<!%)((?:%%)*)%s")


class Place(NamedTuple):
    """Where a product stands: its price before tax, the price as its list keeps it, and its key."""

    net: Decimal
    stored: Decimal
    product_id: int


@dataclass(frozen=True)
class Chain:
    """The dealer's price lists, nearest first, and those of them whose prices include tax."""

    dealer: Dealer
    day: date
    lists: tuple[int, ...]
    taxed: tuple[int, ...]

    @property
    def smallest(self) -> str:
        """The smallest order of product `g` with card `k`, as SQL."""
        return RULED if in_force(self.dealer, self.day).has_quantities else CARD_SMALLEST

    @property
    def values(self) -> dict[str, Any]:
        """What the statements below are asked with."""
        asked = {"lists": list(self.lists), "taxed": list(self.taxed), "step": Category.steplen}
        return asked | {"percent": self.dealer.tax_percent} | scope_of(self.dealer, self.day)


def chain_of(dealer: Dealer, day: date) -> Chain:
    """The lists that count for a dealer on a day. One statement."""
    asked: dict[str, Any] = {"dealer": dealer.pk, "day": day}
    with connection.cursor() as cursor:
        cursor.execute(CHAIN, asked)
        rows = cursor.fetchall()
    return Chain(dealer, day, tuple(pk for pk, _ in rows), tuple(pk for pk, taxed in rows if taxed))


def in_price_order(
    chain: Chain,
    products: QuerySet[Any],
    limit: int,
    *,
    edge: Place | None = None,
    backwards: bool = False,
    lowest: Decimal | None = None,
    highest: Decimal | None = None,
) -> list[Place]:
    """The first `limit` of the products beyond `edge`, cheapest first, or dearest first when `backwards`.

    The price is the one per sales unit of the smallest order, before tax. Products that have no price at that quantity
    are not in it. `lowest` and `highest` bound the price, inclusive. One statement.
    """
    if not chain.lists:
        return []
    asked = chain.values
    try:
        chosen = _embedded(products, asked)
    except EmptyResultSet:
        return []
    arms: list[str] = []
    for number, price_list in enumerate(chain.lists):
        taxed = price_list in chain.taxed
        conditions = _bounds(taxed, asked, edge, backwards, lowest, highest)
        if number:
            conditions += _room(number, taxed, limit, backwards)
        arms.append(
            ARM.format(
                number=number,
                net=_net("p", taxed),
                smallest=chain.smallest,
                holds_p=HOLDS.format("p"),
                holds_q=HOLDS.format("q"),
                nearest=NEAREST.format("q"),
                price_list=int(price_list),
                conditions=conditions,
                products=chosen,
                direction="DESC" if backwards else "ASC",
                limit=int(limit),
            )
        )
    direction = "DESC" if backwards else "ASC"
    merged = " UNION ALL ".join(f"SELECT * FROM a{number}" for number in range(len(arms)))  # noqa: S608  # numbers
    order = f"ORDER BY net {direction}, stored {direction}, product_id {direction} LIMIT {int(limit)}"
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {', '.join(arms)} {merged} {order}", asked)
        return [Place(*row) for row in cursor.fetchall()]


def resolved(chain: Chain, *, lowest: Decimal | None = None, highest: Decimal | None = None) -> RawSQL:
    """The products whose own price lies within the bounds, for `pk__in`: reads every price of the chain."""
    inner = RESOLVED.format(
        taken_out=_net("q", taxed=True),
        holds=HOLDS.format("q"),
        smallest=chain.smallest,
        nearest=NEAREST.format("q"),
    )
    asked = chain.values | {"lowest": lowest, "highest": highest}
    bounds = [f"net {sign} %({name})s" for name, sign in SIDES.items() if asked[name] is not None] or ["TRUE"]
    sql = f"SELECT product_id FROM ({inner}) own WHERE {' AND '.join(bounds)}"  # noqa: S608  # only our own words
    return RawSQL(*positional(sql, asked))  # noqa: S611  # values are bound


def positional(sql: str, asked: dict[str, Any]) -> tuple[str, list[Any]]:
    """A statement with named values as one with values in a row, as querysets need it."""
    names = NAMED.findall(sql)
    return NAMED.sub("%s", sql), [asked[name] for name in names]


def _embedded(products: QuerySet[Any], asked: dict[str, Any]) -> str:
    """Whether `p.product_id` is in the queryset, as SQL with named values, which are put into `asked`.

    Asked row by row, which OFFSET sees to: a page needs few of the answers, and each list would work out all of them.
    """
    candidate = RawSQL("p.product_id", [])
    sql, values = products.filter(pk=candidate).order_by().values("pk").query.sql_with_params()
    names = [f"chosen_{number}" for number in range(len(values))]
    asked.update(zip(names, values, strict=True))
    following = iter(names)
    return PLACEHOLDER.sub(lambda found: f"{found[1]}%({next(following)})s", sql)


def _net(row: str, taxed: bool) -> str:
    return f"round({row}.price * 100 / (100 + %(percent)s), 4)" if taxed else f"{row}.price"


def _with_tax(amount: str, taxed: bool) -> str:
    return f"({amount}) * (100 + %(percent)s) / 100" if taxed else f"({amount})"


def _bounds(
    taxed: bool,
    asked: dict[str, Any],
    edge: Place | None,
    backwards: bool,
    lowest: Decimal | None,
    highest: Decimal | None,
) -> str:
    """Where a list is read: exact conditions on the price before tax, and wider ones that the index can use."""
    found = []
    for name, value, sign in (("lowest", lowest, ">="), ("highest", highest, "<=")):
        if value is not None:
            slack = STEP if sign == "<=" else -STEP
            asked |= {name: value, f"{name}_wide": value + slack}
            found.append(f"AND {_net('p', taxed)} {sign} %({name})s")
            found.append(f"AND p.price {sign} {_with_tax(f'%({name}_wide)s', taxed)}")
    if edge is not None:
        sign, slack = ("<", STEP) if backwards else (">", -STEP)
        asked |= {"net": edge.net, "stored": edge.stored, "edge": edge.product_id, "near": edge.net + slack}
        found.append(f"AND ({_net('p', taxed)}, p.price, p.product_id) {sign} (%(net)s, %(stored)s, %(edge)s)")
        if not taxed and edge.net == edge.stored:
            found.append(f"AND (p.price, p.product_id) {sign} (%(stored)s, %(edge)s)")
        else:
            found.append(f"AND p.price {sign}= {_with_tax('%(near)s', taxed)}")
    return " ".join(found)


def _room(number: int, taxed: bool, limit: int, backwards: bool) -> str:
    arms = " UNION ALL ".join(f"SELECT net FROM a{before}" for before in range(number))  # noqa: S608  # numbers
    net = _with_tax(f"net {'-' if backwards else '+'} {STEP}", taxed) if taxed else "net"
    room = ROOM.format(
        net=net,
        arms=arms,
        direction="DESC" if backwards else "ASC",
        last=limit - 1,
        far="-Infinity" if backwards else "Infinity",
    )
    return f" AND p.price {'>=' if backwards else '<='} {room}"


def unpriced(chain: Chain, products: QuerySet[Any]) -> QuerySet[Any]:
    """Those of the products that no list prices at the smallest order: their prices begin at larger quantities."""
    return products.exclude(pk__in=resolved(chain))
