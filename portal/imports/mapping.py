"""How a file's columns become ours: a JSON document that people can write, read and keep."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from dealers.intake.columns import Column, text_of
from dealers.intake.rows import Cell, Row
from portal.documents.tables.reading import Row as Record
from portal.imports.kinds import COLUMNS, column_named
from pricing.catalogue.attributes import Label
from pricing.catalogue.columns import ATTRIBUTE, ATTRIBUTE_ZH

PROBLEM_COLUMN = "problem"
PARTS = frozenset({"columns", "constants", "only", "skip", "attributes", "values", "lookup", "sum"})
ATTRIBUTE_PARTS = frozenset({"column", "column_zh", "en", "zh"})
LOOKUP_PARTS = frozenset({"file", "on", "columns"})
JOINTS = {"category_en": " > ", "category_zh": " > ", "image": ";", "description_en": "\n", "description_zh": "\n"}

#: The rows of a sibling file by the text of their key column: `(heading row, {key: cells})`.
Sibling = Callable[[str, str], tuple[Sequence[str], Mapping[str, Sequence[Cell]]]]


class MappingRefused(Exception):
    """A mapping that cannot be used with this kind or file. `problems` are (our column or part, sentence)."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{part}: {message}" if part else message for part, message in problems))
        self.problems = list(problems)


@dataclass(frozen=True)
class Lookup:
    """Columns that another file of the folder adds to each row that shares a key with it."""

    file: str
    on: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class ColumnMap:
    """A mapping that was read well, for one kind. `document` is what it was read from."""

    kind: str
    document: Mapping[str, Any]
    columns: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)
    skip: Mapping[str, frozenset[str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    labels: Mapping[str, Label] = field(default_factory=dict)
    lookups: tuple[Lookup, ...] = ()
    sums: tuple[str, ...] = ()


def read_mapping(kind: str, document: object) -> ColumnMap:
    """Read a mapping document; everything that is not known is refused by name."""
    if not isinstance(document, dict):
        raise MappingRefused([("", _("The mapping must be a JSON object."))])
    problems = [(str(part), _("This part is not known.")) for part in sorted(set(document) - PARTS)]
    try:
        mapping = _read_parts(kind, document)
    except (TypeError, ValueError, AttributeError, KeyError) as why:
        raise MappingRefused(
            [*problems, ("", _("The mapping is not built as documented: %(why)s") % {"why": why})]
        ) from why
    problems += [(name, _("We have no such column.")) for name in _names(mapping) if column_named(kind, name) is None]
    missing = [
        column.name
        for column in COLUMNS[kind]
        if column.required and column.name not in {*mapping.columns, *mapping.constants}
    ]
    problems += [(name, _("This column is needed. Choose the column of your file that holds it.")) for name in missing]
    problems += [(name, _("Only a quantity can be summed.")) for name in mapping.sums if name != "quantity"]
    if problems:
        raise MappingRefused(problems)
    return mapping


def _read_parts(kind: str, document: dict[str, Any]) -> ColumnMap:
    columns = {name: _names_of(theirs) for name, theirs in document.get("columns", {}).items() if theirs}
    labels = {}
    for code, attribute in document.get("attributes", {}).items():
        if unknown := sorted(set(attribute) - ATTRIBUTE_PARTS):
            raise ValueError(f"attributes.{code}.{unknown[0]}")
        for part, prefix in (("column", ATTRIBUTE), ("column_zh", ATTRIBUTE_ZH)):
            if attribute.get(part):
                columns[f"{prefix}{code}"] = _names_of(attribute[part])
        labels[code] = Label(str(attribute.get("en", "")), str(attribute.get("zh", "")))
    lookups = []
    for each in document.get("lookup", []):
        if set(each) != LOOKUP_PARTS:
            raise ValueError("lookup: file, on, columns")
        lookups.append(Lookup(str(each["file"]), str(each["on"]), _names_of(each["columns"])))
    return ColumnMap(
        kind=kind,
        document=document,
        columns=columns,
        constants={
            name: str(value) for name, value in document.get("constants", {}).items() if value not in ("", None)
        },
        only={name: frozenset(map(str, values)) for name, values in document.get("only", {}).items()},
        skip={name: frozenset(map(str, values)) for name, values in document.get("skip", {}).items()},
        values={name: {str(k): str(v) for k, v in said.items()} for name, said in document.get("values", {}).items()},
        labels=labels,
        lookups=tuple(lookups),
        sums=_names_of(document.get("sum", [])),
    )


def _names_of(theirs: Any) -> tuple[str, ...]:
    if isinstance(theirs, str):
        return (theirs,)
    if not isinstance(theirs, list) or not all(isinstance(name, str) for name in theirs):
        raise ValueError(json.dumps(theirs, ensure_ascii=False)[:100])
    return tuple(theirs)


def _names(mapping: ColumnMap) -> list[str]:
    return list(dict.fromkeys([*mapping.columns, *mapping.constants, *mapping.values, *mapping.sums]))


class RowMapper:
    """Turns a file's records into rows under our names; None for a record that the mapping skips.

    Refuses a mapping that names columns the file does not have, or has twice.
    """

    def __init__(self, mapping: ColumnMap, header: Sequence[str], sibling: Sibling | None = None) -> None:
        self.mapping = mapping
        self._header = list(header)
        self._width = len(header)
        self._joined: list[tuple[int, Mapping[str, Sequence[Cell]], list[int]]] = []
        self._problems: list[tuple[str, str]] = []
        for lookup in mapping.lookups:
            self._join(lookup, sibling)
        self._sources = [
            (name, tuple(self._place(each, name) for each in theirs), JOINTS.get(name, " "))
            for name, theirs in mapping.columns.items()
        ]
        self._only = [(self._place(name, "only"), values) for name, values in mapping.only.items()]
        self._skip = [(self._place(name, "skip"), values) for name, values in mapping.skip.items()]
        if self._problems:
            raise MappingRefused(self._problems)

    @property
    def unread(self) -> list[str]:
        """The headings that nothing reads."""
        read = {place for _name, places, _joint in self._sources for place in places}
        read |= {place for place, _values in (*self._only, *self._skip)} | {each[0] for each in self._joined}
        return [name for place, name in enumerate(self._header[: self._width]) if place not in read and name]

    def __call__(self, record: Record) -> Row | None:
        """Map one record."""
        cells = self._cells(record)
        if any(text_of(cells[place]) not in values for place, values in self._only):
            return None
        if any(text_of(cells[place]) in values for place, values in self._skip):
            return None
        values: dict[str, Cell] = dict(self.mapping.constants)
        for name, places, joint in self._sources:
            values[name] = cells[places[0]] if len(places) == 1 else _together(cells, places, joint)
        for name, said in self.mapping.values.items():
            if name in values:
                values[name] = said.get(text_of(values[name]), values[name])
        return Row(record.number, values)

    def _cells(self, record: Record) -> list[Cell]:
        cells: list[Cell] = list(record.cells[: self._width])
        for place, table, places in self._joined:
            found = table.get(text_of(cells[place]), ())
            cells.extend(found[each] if each < len(found) else None for each in places)
        return cells

    def _join(self, lookup: Lookup, sibling: Sibling | None) -> None:
        if sibling is None:
            self._problems.append(("lookup", _("Other files can be looked up from the command line only.")))
            return
        place = self._place(lookup.on, "lookup")
        header, table = sibling(lookup.file, lookup.on)
        missing = [name for name in lookup.columns if name not in header]
        self._problems += [
            ("lookup", _("%(file)s has no column “%(name)s”.") % {"file": lookup.file, "name": name})
            for name in missing
        ]
        if not missing:
            self._joined.append((place, table, [list(header).index(name) for name in lookup.columns]))
            self._header += lookup.columns

    def _place(self, theirs: str, part: str) -> int:
        places = [place for place, name in enumerate(self._header) if name == theirs]
        if len(places) != 1:
            text = _("The file has no column “%(name)s”.") if not places else _("The file has two columns “%(name)s”.")
            self._problems.append((part, text % {"name": theirs}))
            return 0
        return places[0]


def _together(cells: Sequence[Cell], places: Sequence[int], joint: str) -> str:
    return joint.join(text for text in (text_of(cells[place]) for place in places) if text)


def header_key(header: Sequence[str]) -> str:
    """What remembers a mapping: the headings, without the column that a file of refused rows adds."""
    names = [name for name in header if name != PROBLEM_COLUMN]
    return hashlib.sha256(json.dumps(names, ensure_ascii=False).encode()).hexdigest()


def guess(kind: str, header: Sequence[str]) -> dict[str, str]:
    """Which of a file's headings is which of a kind's columns; products have attributes too."""
    ours = (name for name in header if name.startswith((ATTRIBUTE, ATTRIBUTE_ZH)))
    found = guess_columns(COLUMNS[kind], header)
    return found | {name: name for name in ours if column_named(kind, name) is not None}


def guess_columns(columns: Sequence[Column], header: Sequence[str]) -> dict[str, str]:
    """Which of a file's headings is which of these columns, by canonical name first, then by the words people use."""
    folded: dict[str, str] = {}
    for name in header:
        if name and name != PROBLEM_COLUMN and header.count(name) == 1:
            folded.setdefault(_folded(name), name)
    found: dict[str, str] = {}
    taken: set[str] = set()
    spellings = (
        [[column.name] for column in columns],
        [[str(column.label), *column.also] for column in columns],
    )
    for words in spellings:
        for column, names in zip(columns, words, strict=True):
            theirs = next((folded[_folded(name)] for name in names if _folded(name) in folded), None)
            if column.name not in found and theirs is not None and theirs not in taken:
                found[column.name] = theirs
                taken.add(theirs)
    return found


def _folded(name: str) -> str:
    return " ".join(re.sub(r"[\s_\-./*:：]+|[(（][^)）]*[)）]", " ", name.casefold()).split())
