"""What a list can be narrowed by, with how many products each value would leave: all in one statement.

A value's count follows the filters of the other facets, not its own, so that a second value of a facet can be chosen.
Counts are kept for a minute and say when they were made; rows and prices are always live.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from portal.components.filters import shorten
from portal.components.formats import format_amount
from portal.components.keyset import AFTER, BEFORE
from portal.shop.categories import within
from portal.shop.listing import Asked, filters, new_since
from portal.shop.wish import ATTRIBUTE, Wish
from pricing.by_price import resolved
from pricing.catalogue.models import reads_chinese

Product = get_model("catalogue", "Product")

KEPT_SECONDS = 60
MOST_VALUES = 15
MOST_ATTRIBUTES = 8
SWITCHES = ("stock", "promo", "new", "bought")

# `missed` has a bit for each facet in force whose filter a product does not pass: none for what is listed, the
# facet's own for what another value of it would list too. It is compared by `<=`: PostgreSQL takes an equation for so
# rare that it would look up a hundred thousand products one by one.
COUNTS = """
WITH basis (id) AS MATERIALIZED ({basis}),
marked AS MATERIALIZED (
    SELECT b.id, coalesce(g.parent_id, g.id) AS owner, g.parent_id, e.brand, e.created_at, ({missed}) AS missed
    FROM basis b JOIN catalogue_product g ON g.id = b.id
    LEFT JOIN portal_shop_catalogueentry e ON e.product_id = b.id
), near AS MATERIALIZED (SELECT * FROM marked WHERE missed & (missed - 1) <= 0),
promoted (id) AS MATERIALIZED ({promoted_ids}), bought (id) AS MATERIALIZED ({bought_ids})
SELECT 'count', '', '', count(*), NULL::text[] FROM near WHERE missed = 0
UNION ALL
(SELECT 'brand', n.brand, n.brand, count(*), NULL FROM near n
 WHERE n.missed & ~{brand} <= 0 AND n.brand <> '' GROUP BY n.brand)
UNION ALL
(SELECT 'category', s.categories::text, '', sum(o.number)::bigint, NULL
 FROM (SELECT n.owner, count(*) AS number FROM near n WHERE n.missed & ~{category} <= 0 GROUP BY n.owner) o
 JOIN (
    SELECT pc.product_id, array_agg(pc.category_id ORDER BY pc.category_id) AS categories
    FROM catalogue_productcategory pc GROUP BY pc.product_id
 ) s ON s.product_id = o.owner
 GROUP BY s.categories)
UNION ALL
(SELECT 'a.' || a.code, v.text, coalesce(min(c.attributes_zh ->> a.code), ''), count(DISTINCT n.id),
    array[min(a.name), min(coalesce(ac.name_zh, ''))]::text[]
 FROM (SELECT id, missed, id AS holder FROM near UNION ALL SELECT id, missed, parent_id FROM near) n
 JOIN (
    SELECT i.product_id, i.attribute_id, coalesce(nullif(i.value_text, ''), o.option, i.value_integer::text) AS text
    FROM catalogue_productattributevalue i LEFT JOIN catalogue_attributeoption o ON o.id = i.value_option_id
 ) v ON v.product_id = n.holder
 JOIN catalogue_productattribute a ON a.id = v.attribute_id
 LEFT JOIN pricing_catalogue_attributecard ac ON ac.attribute_id = a.id
 LEFT JOIN pricing_catalogue_productcard c ON c.product_id = v.product_id
 WHERE v.text IS NOT NULL AND n.missed & ~({attribute}) <= 0 GROUP BY a.code, v.text)
UNION ALL
SELECT 'stock', '1', '', count(*), NULL FROM near n
WHERE n.missed & ~{stock} <= 0 AND n.id IN (
    SELECT s.product_id FROM partner_stockrecord s WHERE coalesce(s.num_in_stock, 0) > coalesce(s.num_allocated, 0))
UNION ALL
SELECT 'new', '1', '', count(*), NULL FROM near n
WHERE n.missed & ~{new} <= 0 AND n.created_at >= %(since)s
UNION ALL
SELECT 'promo', '1', '', count(*), NULL FROM near n
WHERE n.missed & ~{promo} <= 0 AND n.id IN (SELECT id FROM promoted)
UNION ALL
SELECT 'bought', '1', '', count(*), NULL FROM near n
WHERE n.missed & ~{bought} <= 0 AND n.id IN (SELECT id FROM bought)
"""


@dataclass(frozen=True)
class Value:
    """One value of a facet: what stands in the address, what it is called, and how many products it would leave."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """A kind of filter; `name` is its parameter in the address."""

    name: str
    label: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Facets:
    """All facets of a list, how many products it has, and how many stand in which categories.

    `categories` counts by sets of categories, so that a product that stands in two is one product above both.
    """

    count: int
    at: datetime
    switches: Mapping[str, int] = field(default_factory=dict)
    brand: Facet | None = None
    attributes: tuple[Facet, ...] = ()
    categories: Mapping[tuple[int, ...], int] = field(default_factory=dict)

    @property
    def choices(self) -> list[Facet]:
        """The facets to tick values of."""
        return [facet for facet in (self.brand, *self.attributes) if facet]


def kept_facets(asked: Asked) -> Facets | None:
    """The facets if they were counted within the last minute."""
    found: Facets | None = cache.get(_key(asked))
    return found


def facets_of(asked: Asked) -> Facets:
    """The facets, counted unless they were within the last minute. One statement, and those of a search."""
    found = kept_facets(asked)
    if found is None:
        found = _counted(asked)
        cache.set(_key(asked), found, KEPT_SECONDS)
    return found


def switches_of(wish: Wish, facets: Facets) -> list[Value]:
    """The filters that are on or off; none that would show nothing."""
    said = {
        "stock": (_("In stock"), wish.in_stock),
        "promo": (_("On promotion"), wish.promoted),
        "new": (pgettext("products", "New"), wish.new),
        "bought": (_("Bought before"), wish.bought),
    }
    values = [Value(name, label, facets.switches.get(name, 0), chosen) for name, (label, chosen) in said.items()]
    return [value for value in values if value.count or value.chosen]


def chips_of(wish: Wish, query: QueryDict, facets: Facets | None) -> list[dict[str, str]]:
    """The filters in force, each with the address without it."""
    known = facets.choices if facets else []
    labels = {(facet.name, value.value): value.label for facet in known for value in facet.values}
    names = {facet.name: facet.label for facet in known}
    chips = [(_("In stock"), "stock", "1")] * wish.in_stock + [(pgettext("products", "New"), "new", "1")] * wish.new
    chips += [(_("On promotion"), "promo", "1")] * wish.promoted
    chips += [(_("Bought before"), "bought", "1")] * wish.bought
    chips += [(_said(_("Brand"), brand), "brand", brand) for brand in wish.brands]
    for code, values in wish.attributes.items():
        name = ATTRIBUTE + code
        chips += [(_said(names.get(name, code), labels.get((name, value), value)), name, value) for value in values]
    if wish.lowest is not None:
        chips.append((_("My price from %s") % format_amount(wish.lowest), "from", ""))
    if wish.highest is not None:
        chips.append((_("My price up to %s") % format_amount(wish.highest), "to", ""))
    return [{"label": shorten(label), "url": without(query, name, value)} for label, name, value in chips]


def _said(name: str, value: str) -> str:
    return _("%(name)s: %(value)s") % {"name": name, "value": value}


def without(query: QueryDict, name: str, value: str = "") -> str:
    """The query string without one value of a parameter, or without all of them, from the first page on."""
    changed = query.copy()
    left = [other for other in changed.getlist(name) if value and other != value]
    for gone in (AFTER, BEFORE, "facets", *(() if left else (name,))):
        changed.pop(gone, None)
    if left:
        changed.setlist(name, left)
    return f"?{changed.urlencode()}"


def _key(asked: Asked) -> str:
    place = asked.category.pk if asked.category is not None else 0
    said = (asked.dealer.pk, asked.chain.lists, asked.chain.day, asked.wish.asked, place, get_language())
    return f"facets:{hashlib.sha256(repr(said).encode()).hexdigest()}"


def _counted(asked: Asked) -> Facets:
    wish = asked.wish
    asked = asked.searched(asked.priced(asked.basis), 1)
    products = asked.priced(asked.basis)
    if wish.by_price:
        products = products.filter(pk__in=resolved(asked.chain, lowest=wish.lowest, highest=wish.highest))
    try:
        rows = _rows(asked, products)
    except EmptyResultSet:
        rows = []
    counts = {(name, value): number for name, value, _label, number, _names in rows}
    attributes = _attributes([row for row in rows if row[0].startswith(ATTRIBUTE)], wish)
    brands = [(value, value, number) for name, value, _label, number, _names in rows if name == "brand"]
    return Facets(
        count=counts.get(("count", ""), 0),
        at=timezone.now(),
        switches={name: counts.get((name, "1"), 0) for name in SWITCHES},
        brand=_facet("brand", _("Brand"), brands, wish.brands),
        attributes=attributes,
        categories={
            tuple(map(int, value.strip("{}").split(","))): number
            for (name, value), number in counts.items()
            if name == "category"
        },
    )


def _rows(asked: Asked, products: QuerySet[Any]) -> list[Any]:
    conditions: dict[str, Any] = filters(asked.dealer, asked.wish)
    if asked.category is not None:
        conditions["category"] = within(Product.objects.all(), asked.category)
    bits = {name: 1 << place for place, name in enumerate(conditions)}
    values: list[Any] = []
    basis = _sql(products, values)
    missed = []
    for name, condition in conditions.items():
        passing = condition if isinstance(condition, QuerySet) else Product.objects.filter(condition)
        missed.append(f"CASE WHEN b.id IN ({_sql(passing, values)}) THEN 0 ELSE {bits[name]} END")
    every = filters(asked.dealer, Wish(bought=True, promoted=True))
    promoted_ids = _sql(Product.objects.filter(every["promo"]), values)
    bought_ids = _sql(Product.objects.filter(every["bought"]), values)
    attribute = "".join(f" WHEN a.code = %s THEN {bit}" for name, bit in bits.items() if name.startswith(ATTRIBUTE))
    values += [name.removeprefix(ATTRIBUTE) for name in bits if name.startswith(ATTRIBUTE)]
    values.append(new_since())
    statement = COUNTS.replace("%(since)s", "%s").format(
        basis=basis,
        missed=" + ".join(missed) or "0",
        attribute=f"CASE{attribute} ELSE 0 END" if attribute else "0",
        promoted_ids=promoted_ids,
        bought_ids=bought_ids,
        **{name: bits.get(name, 0) for name in ("brand", "category", *SWITCHES)},
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _sql(products: QuerySet[Any], values: list[Any]) -> str:
    sql, params = products.order_by().values("pk").query.sql_with_params()
    values += params
    return sql


def _attributes(rows: Iterable[Sequence[Any]], wish: Wish) -> tuple[Facet, ...]:
    chinese = reads_chinese()
    labels: dict[str, str] = {}
    found: dict[str, list[tuple[str, str, int]]] = {}
    for name, value, value_zh, number, names in rows:
        label, label_zh = names
        labels[name] = (chinese and label_zh) or label
        found.setdefault(name, []).append((value, (chinese and value_zh) or value, number))
    chosen = {ATTRIBUTE + code: values for code, values in wish.attributes.items()}
    widest = sorted(found, key=lambda name: (name not in chosen, -sum(number for *_, number in found[name]), name))
    facets = (_facet(name, labels[name], found[name], chosen.get(name, ())) for name in widest)
    telling = [facet for facet in facets if facet and (len(facet.values) > 1 or facet.name in chosen)]
    return tuple(telling[:MOST_ATTRIBUTES])


def _facet(name: str, label: str, found: Iterable[tuple[str, str, int]], chosen: Sequence[str]) -> Facet | None:
    """The values with the most products, and those that are chosen, by name."""
    values = [Value(value, text, number, value in chosen) for value, text, number in found]
    known = {value.value for value in values}
    values += [Value(value, value, 0, chosen=True) for value in chosen if value not in known]
    most = sorted(values, key=lambda value: (not value.chosen, -value.count, value.label))[:MOST_VALUES]
    return Facet(name, label, tuple(sorted(most, key=lambda value: value.label))) if most else None
