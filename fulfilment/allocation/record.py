"""A decision as plain data for JSON, and made again from it, so that "why this dealer" can be asked years later. Pure.

A record keeps what the decision looked at (only the order's SKUs) with what came out. Keys of objects become text, sets
sorted lists, moments ISO 8601; nothing is lost on the way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from fulfilment.allocation.batch import plan_batch
from fulfilment.allocation.facts import Order, Snapshot
from fulfilment.allocation.plan import Plan, plan
from fulfilment.allocation.rules import Rule

#: Most of a record by far: they stand in it as they are.
AS_THEY_ARE = frozenset({int, str, float, bool, NoneType})
#: The fields of the kinds that were seen, None where a kind is no dataclass.
FIELDS: dict[type, tuple[str, ...] | None] = {}
#: Raised when what a record holds changes its shape; a record of another version is not replayed.
VERSION = 1

T = TypeVar("T")
Plain = Any


def record(order: Order, snapshot: Snapshot, rules: Sequence[Rule], made: Plan) -> dict[str, Plain]:
    """Everything of a decision as plain data."""
    return {
        "version": VERSION,
        "order": to_plain(order),
        "snapshot": to_plain(snapshot.of_order(order)),
        "rules": [to_plain(rule) for rule in rules],
        "plan": to_plain(made),
    }


def replay(kept: Mapping[str, Plain]) -> tuple[Plan, bool]:
    """Decide again from a record: the plan, and whether it is the recorded one. Refuses records of another version."""
    if kept["version"] != VERSION:
        raise ValueError(f"The record has version {kept['version']}, this is {VERSION}.")
    order, snapshot = from_plain(Order, kept["order"]), from_plain(Snapshot, kept["snapshot"])
    made = plan(order, snapshot, [from_plain(Rule, rule) for rule in kept["rules"]])
    return made, to_plain(made) == kept["plan"]


def replay_together(kept: Sequence[Mapping[str, Plain]]) -> list[bool]:
    """Decide a batch again from the records of all its orders, in their order: whether each plan is the same."""
    if any(each["version"] != VERSION for each in kept):
        raise ValueError(f"A record has another version than {VERSION}.")
    pairs = [(from_plain(Order, each["order"]), from_plain(Snapshot, each["snapshot"])) for each in kept]
    rules = [from_plain(Rule, rule) for rule in kept[0]["rules"]]
    return [to_plain(made) == each["plan"] for made, each in zip(plan_batch(pairs, rules), kept, strict=True)]


def to_plain(value: Any) -> Plain:
    """Dataclasses, mappings, sets, enums and moments as what JSON knows. What stands in it more than once, such as the
    tariff that many outlets have, is made plain once and stands there as the same object."""
    return _plain(value, {})


def _plain(value: Any, known: dict[int, Plain]) -> Plain:
    kind = type(value)
    if kind in AS_THEY_ARE:
        return value
    names = FIELDS[kind] if kind in FIELDS else _learn(kind)
    if names is not None:
        if id(value) not in known:
            known[id(value)] = {
                name: each if type(each := getattr(value, name)) in AS_THEY_ARE else _plain(each, known)
                for name in names
            }
        return known[id(value)]
    if kind is dict:
        return {(key if type(key) is str else _key(key)): _plain(each, known) for key, each in value.items()}
    if kind is tuple or kind is list:
        return [_plain(each, known) for each in value]
    return _seldom(value, known)


def _seldom(value: Any, known: dict[int, Plain]) -> Plain:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {_key(key): _plain(each, known) for key, each in value.items()}
    if isinstance(value, (set, frozenset)):
        return [_plain(each, known) for each in sorted(value)]
    if isinstance(value, (tuple, list)):
        return [_plain(each, known) for each in value]
    return value


def _learn(kind: type) -> tuple[str, ...] | None:
    """The fields of a dataclass, None of anything else; remembered."""
    FIELDS[kind] = tuple(each.name for each in fields(kind)) if is_dataclass(kind) else None
    return FIELDS[kind]


def from_plain(kind: type[T], value: Plain) -> T:
    """The value of a kind from plain data. Refuses fields that the kind does not have."""
    made: T = _made(kind, value)
    return made


def _key(key: Any) -> str:
    return key.isoformat() if isinstance(key, dt.date) else str(key)


def _made(kind: Any, value: Plain) -> Any:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return None if value is None else _made(next(each for each in get_args(kind) if each is not NoneType), value)
    if origin is not None:
        return _collected(origin, get_args(kind), value)
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**{name: _made(_hints(kind)[name], each) for name, each in value.items()})
    if kind is dt.timedelta:
        return dt.timedelta(seconds=value)
    if kind in (dt.date, dt.datetime):
        return kind.fromisoformat(value)
    if isinstance(kind, type) and (issubclass(kind, Enum) or kind in (int, float, str)):
        return kind(value)
    return value


def _collected(origin: Any, of: tuple[Any, ...], value: Plain) -> Any:
    if issubclass(origin, Mapping):
        return {_made(of[0], key): _made(of[1], each) for key, each in value.items()}
    if issubclass(origin, frozenset):
        return frozenset(_made(of[0], each) for each in value)
    if of[-1] is Ellipsis:
        return tuple(_made(of[0], each) for each in value)
    return tuple(_made(each, part) for each, part in zip(of, value, strict=True))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
