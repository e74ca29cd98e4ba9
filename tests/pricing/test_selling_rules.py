"""Which quantity rule holds and which assortment rule decides: worked examples, and a slow reading beside the fast."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.selling.rules import (
    AssortmentRow,
    Level,
    Pack,
    QuantityRow,
    Scope,
    contradicts,
    decide,
    resolve,
    sane,
    steps,
)

MINE, GROUP, ALL = Scope.DEALER, Scope.GROUP, Scope.EVERYBODY
PRODUCT, CATEGORY, BRAND, EVERYTHING = Level.PRODUCT, Level.CATEGORY, Level.BRAND, Level.EVERYTHING


def row(rule: int, scope: int, level: int, depth: int = 0, **fields: int | date | None) -> QuantityRow:
    """A quantity rule, fields by name."""
    return QuantityRow(rule, scope, level, depth)._replace(**fields)


@pytest.mark.parametrize(
    ("rows", "card", "expected"),
    [
        ([], (6, 6), Pack(6, 6)),
        ([row(1, ALL, EVERYTHING, minimum=12)], (6, 6), Pack(12, 6, None, 1)),
        # The dealer's rule for everything beats everybody's rule for the product.
        ([row(1, ALL, PRODUCT, minimum=12), row(2, MINE, EVERYTHING, minimum=3)], (1, 1), Pack(3, 1, None, 2)),
        ([row(1, GROUP, PRODUCT, minimum=12), row(2, ALL, PRODUCT, minimum=3)], (1, 1), Pack(12, 1, None, 1)),
        # Within a scope: product, deepest category, higher category, brand, everything.
        ([row(1, MINE, CATEGORY, 3, minimum=5), row(2, MINE, PRODUCT, minimum=2)], (1, 1), Pack(2, 1, None, 2)),
        ([row(1, MINE, CATEGORY, 1, minimum=5), row(2, MINE, CATEGORY, 3, minimum=7)], (1, 1), Pack(7, 1, None, 2)),
        ([row(1, MINE, BRAND, minimum=5), row(2, MINE, CATEGORY, 1, minimum=7)], (1, 1), Pack(7, 1, None, 2)),
        ([row(1, MINE, BRAND, minimum=5), row(2, MINE, EVERYTHING, minimum=7)], (1, 1), Pack(5, 1, None, 1)),
        # Field by field: the near rule's minimum, the far rule's multiple, the farther one's maximum.
        (
            [
                row(1, MINE, PRODUCT, minimum=8),
                row(2, GROUP, BRAND, minimum=1, multiple=4),
                row(3, ALL, EVERYTHING, multiple=9, maximum=100),
            ],
            (1, 1),
            Pack(8, 4, 100, 1, 2, 3),
        ),
        # Of two at the same target the one that starts later.
        (
            [row(1, MINE, PRODUCT, minimum=8), row(2, MINE, PRODUCT, minimum=9, valid_from=date(2026, 1, 1))],
            (1, 1),
            Pack(9, 1, None, 2),
        ),
        # Made sane: the minimum up, the maximum down to the multiple, the maximum never below the minimum.
        ([row(1, MINE, PRODUCT, minimum=7, maximum=20)], (1, 6), Pack(12, 6, 18, 1, None, 1)),
        ([row(1, MINE, PRODUCT, maximum=4)], (6, 6), Pack(6, 6, 6, None, None, 1)),
    ],
)
def test_each_field_comes_from_the_nearest_rule(rows: list[QuantityRow], card: tuple[int, int], expected: Pack) -> None:
    assert resolve(rows, *card) == expected
    assert resolve(rows[::-1], *card) == expected


PACK = Pack(6, 6, 24)


@pytest.mark.parametrize(("asked", "fits", "fitted"), [(1, False, 6), (6, True, 6), (7, False, 12), (30, False, 24)])
def test_a_pack_rounds_up_but_never_above_the_maximum(asked: int, fits: bool, fitted: int) -> None:
    assert (PACK.fits(asked), PACK.fitted(asked)) == (fits, fitted)


@pytest.mark.parametrize(("left", "most"), [(5, 0), (6, 6), (13, 12), (100, 24)])
def test_what_is_left_is_offered_in_packs(left: int, most: int) -> None:
    assert PACK.within(left) == most


@pytest.mark.parametrize(
    ("minimum", "multiple", "maximum", "wrong"),
    [
        (10, None, 5, True),
        (None, 6, 5, True),
        (5, 6, 11, False),
        (5, 6, 5, True),
        (5, 5, 5, False),
        (9, 2, None, False),
    ],
)
def test_a_rule_that_leaves_no_quantity_is_known(
    minimum: int | None, multiple: int | None, maximum: int | None, wrong: bool
) -> None:
    assert contradicts(minimum, multiple, maximum) is wrong


fields = st.none() | st.integers(1, 40)
quantity_rows = st.builds(
    QuantityRow,
    rule=st.integers(1, 1_000),
    scope=st.sampled_from(list(Scope)),
    level=st.sampled_from(list(Level)),
    minimum=fields,
    multiple=fields,
    maximum=fields,
)


@given(rows=st.lists(quantity_rows, max_size=8, unique_by=lambda r: (r.scope, r.level)), card=st.integers(1, 12))
def test_every_field_is_the_nearest_one_said(rows: list[QuantityRow], card: int) -> None:
    pack = resolve(rows, card, card)

    said: dict[str, tuple[int | None, int | None]] = {}
    for field, own in (("minimum", card), ("multiple", card), ("maximum", None)):
        said[field] = (own, None)
        for scope in reversed(Scope):
            for level in reversed(Level):
                for each in rows:
                    if (each.scope, each.level) == (scope, level) and getattr(each, field) is not None:
                        said[field] = (getattr(each, field), each.rule)
    assert (pack.minimum_rule, pack.multiple_rule, pack.maximum_rule) == tuple(rule for _, rule in said.values())
    assert pack.multiple == said["multiple"][0]
    expected = sane(said["minimum"][0] or 1, pack.multiple, said["maximum"][0])
    assert (pack.minimum, pack.multiple, pack.maximum) == (expected.minimum, expected.multiple, expected.maximum)


@given(minimum=st.integers(1, 60), multiple=st.integers(1, 60), maximum=st.none() | st.integers(1, 60))
def test_a_sane_pack_always_leaves_a_quantity(minimum: int, multiple: int, maximum: int | None) -> None:
    pack = sane(minimum, multiple, maximum)

    assert pack.fits(pack.minimum)
    assert pack.fits(pack.fitted(maximum or minimum))
    assert pack.minimum >= minimum
    # The maximum is kept wherever it leaves anything at all.
    if maximum is not None and not contradicts(minimum, multiple, maximum):
        assert pack.maximum is not None
        assert pack.maximum <= maximum


def arow(rule: int, scope: int, level: int, allows: bool, depth: int = 0) -> AssortmentRow:
    """An assortment rule."""
    return AssortmentRow(rule, scope, level, allows, depth)


@pytest.mark.parametrize(
    ("matching", "some_allow", "visible", "rule"),
    [
        ([], False, True, None),
        ([], True, False, None),
        ([arow(1, ALL, BRAND, False)], False, False, 1),
        ([arow(1, ALL, PRODUCT, False), arow(2, MINE, BRAND, True)], True, True, 2),
        ([arow(1, GROUP, BRAND, True), arow(2, ALL, PRODUCT, False)], True, True, 1),
        ([arow(1, MINE, PRODUCT, True), arow(2, MINE, CATEGORY, False, 3)], True, True, 1),
        ([arow(1, MINE, CATEGORY, True, 1), arow(2, MINE, CATEGORY, False, 2)], True, False, 2),
        ([arow(1, MINE, CATEGORY, False, 1), arow(2, MINE, BRAND, True)], True, False, 1),
        ([arow(1, MINE, PRODUCT, True), arow(2, MINE, PRODUCT, False)], True, False, 2),
        ([arow(1, MINE, EVERYTHING, True), arow(2, GROUP, PRODUCT, False)], True, True, 1),
    ],
)
def test_the_nearest_assortment_rule_decides(
    matching: list[AssortmentRow], some_allow: bool, visible: bool, rule: int | None
) -> None:
    found, why = decide(matching[::-1], some_allow=some_allow)

    assert (found, why.rule if why else None) == (visible, rule)


assortment_rows = st.builds(
    AssortmentRow,
    rule=st.integers(1, 1_000),
    scope=st.sampled_from(list(Scope)),
    level=st.sampled_from(list(Level)),
    allows=st.booleans(),
    depth=st.just(0),
)


@given(rows=st.lists(assortment_rows, max_size=8, unique_by=lambda r: r.rule), data=st.data())
def test_steps_decide_as_the_rules_one_by_one(rows: list[AssortmentRow], data: st.DataObject) -> None:
    matched = {each.rule for each in rows if each.level == EVERYTHING or data.draw(st.booleans())}
    some_allow = any(each.allows for each in rows)

    by_steps = not some_allow
    for step in steps(rows):
        if any(each.rule in matched for each in step.rows):
            by_steps = step.allows
            break

    assert by_steps == decide([each for each in rows if each.rule in matched], some_allow=some_allow)[0]
