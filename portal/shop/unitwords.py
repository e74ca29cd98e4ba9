"""Units as people write them behind a quantity or in a column of their own, in English and Chinese. Pure."""

from __future__ import annotations

import re
import unicodedata

#: Code of the unit, then what it is written as. A word in several rows may mean each of them, likeliest first.
_WORDS = """
piece   piece pieces pc pcs pce ea each stk stück unit units c62 h87 件 个 只 支 把 张 条 块 片 枚 台 根 瓶 本 顶 辆
pair    pair pairs pr prs 双 对 副
set     set sets 套 组
carton  carton cartons ctn ctns ct xct karton kartons 箱 大箱 纸箱 整箱
case    case cases cs xcs 中箱 箱 整箱
box     box boxes bx bxs xbx 盒 箱 小箱
roll    roll rolls rl xro 卷
pack    pack packs pk pks pkt packet packets xpk 包 袋
metre   metre metres meter meters mtr m 米
kilogram kilogram kilograms kg kgs kgm 公斤 千克
litre   litre litres liter liters ltr l 升
dozen   dozen dozens doz dz dzn 打
pallet  pallet pallets plt plts xpx palette paletten 托 托盘 板 栈板
"""
UNIT_WORDS: dict[str, tuple[str, ...]] = {}
for _row in _WORDS.strip().splitlines():
    _code, *_names = _row.split()
    for _name in _names:
        UNIT_WORDS[_name] = (*UNIT_WORDS.get(_name, ()), _code)

_BEHIND = re.compile(r"([+-]?\d(?:[\d.,'\u2019 ]*\d)?)\s*([^\d\s.,;'\u2019+-][^\d]{0,19})")


def units_named(word: str) -> tuple[str, ...]:
    """The codes of the units that a word may stand for, likeliest first; none when it is no unit."""
    plain = unicodedata.normalize("NFKC", word).casefold()
    return UNIT_WORDS.get("".join(sign for sign in plain if sign.isalnum()), ())


def parted(text: str) -> tuple[str, str]:
    """A quantity with a unit behind it, such as "12 cartons" or "2箱", as both; other text as it is, without a unit."""
    found = _BEHIND.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None or not units_named(found[2]):
        return text, ""
    return found[1], found[2].strip()
