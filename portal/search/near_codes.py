"""Codes that are one wrong sign away from what was typed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from portal.search import typos
from portal.search.prepared import prepared_rows

#: So many codes with the same beginning, or the same end, are compared one by one.
MOST_COMPARED = 500
_LAST_SIGN = "\U0010ffff"

HALVES = """
(SELECT 0, key, code, product_id FROM portal_search_productcode
 WHERE key >= %(head)s AND key < %(head_end)s ORDER BY key LIMIT %(most)s)
UNION ALL
(SELECT 1, key, code, product_id FROM portal_search_productcode
 WHERE reverse(key) >= %(tail)s AND reverse(key) < %(tail_end)s ORDER BY reverse(key) LIMIT %(most)s)
UNION ALL
(SELECT 2, key, number, product_id FROM pricing_numbers_dealeritemnumber
 WHERE dealer_id = %(dealer)s AND key >= %(head)s AND key < %(head_end)s ORDER BY key LIMIT %(most)s)
UNION ALL
(SELECT 3, key, number, product_id FROM pricing_numbers_dealeritemnumber
 WHERE dealer_id = %(dealer)s AND reverse(key) >= %(tail)s AND reverse(key) < %(tail_end)s
 ORDER BY reverse(key) LIMIT %(most)s)
"""
NEIGHBOURS = """
SELECT product_id, code FROM portal_search_productcode WHERE key = ANY(%(keys)s)
UNION ALL
SELECT product_id, number FROM pricing_numbers_dealeritemnumber WHERE dealer_id = %(dealer)s AND key = ANY(%(keys)s)
"""


def near_codes(dealer: int, key: str) -> dict[int, str]:
    """The products by their ids, in order, with the code of each that is meant, of the dealer's own numbers too.

    Codes that begin or end as what was typed are compared with it. Where very many do, all that may be meant are looked
    up. One statement, or two; none for a key that cannot be mended.
    """
    if not typos.is_mendable(key):
        return {}
    found = _compared(dealer, key)
    if found is None:
        found = prepared_rows(NEIGHBOURS, {"dealer": dealer, "keys": list(typos.code_neighbours(key))})
    codes: dict[int, str] = {}
    for pk, code in sorted(found):
        codes.setdefault(pk, code)
    return codes


def _compared(dealer: int, key: str) -> list[Any] | None:
    head, end = typos.halves(key)
    tail = end[::-1]
    asked = {"head": head, "head_end": head + _LAST_SIGN, "tail": tail, "tail_end": tail + _LAST_SIGN}
    rows = prepared_rows(HALVES, {**asked, "dealer": dealer, "most": MOST_COMPARED})
    if max(Counter(row[0] for row in rows).values(), default=0) >= MOST_COMPARED:
        return None
    return [(pk, code) for _half, other, code, pk in rows if typos.is_near(key, other)]
