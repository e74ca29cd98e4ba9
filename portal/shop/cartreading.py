"""What a file says about a cart's lines: quantity, unit, note and requested day, held against the cart as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import Dealer
from dealers.intake.columns import CellRefused, Day
from fulfilment.ordering.cart import LONGEST_NOTE, CartEntry
from fulfilment.ordering.lines import MAX_QUANTITY, quantity_message
from fulfilment.ordering.resolve import Entry, Resolved, resolve
from fulfilment.ordering.terms import day_problem
from portal.shop.pasted import heading_key, read_amount
from portal.shop.quicklist import QuickLine, QuickList
from portal.shop.rows import Label, Product, labels_for, named
from pricing.catalogue.models import Unit
from pricing.catalogue.units import ordered_words, units_of
from pricing.quote import supplier_day
from pricing.units import PackUnit

_NOTE_WORDS = "note notes remark remarks comment linenote 备注 说明 附注"
_DAY_WORDS = """
requesteddate requestdate requesteddeliverydate deliverydate daterequired
期望交货日期 期望到货日期 期望日期 要求交货日期 要求到货日期 要求日期 交货日期 到货日期
"""
NOTE_HEADINGS, DAY_HEADINGS = frozenset(_NOTE_WORDS.split()), frozenset(_DAY_WORDS.split())
DAY = Day("requested_date", gettext_lazy("Requested date"))


class _Wrong(Exception):
    """A line that cannot be taken: its column, as the file calls it, and how to mend it."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column, self.message = column, message


@dataclass(frozen=True)
class Asked:
    """What a file asks for a product, in sales units; `note` and `day` as they are to be."""

    quantity: int
    unit: str = ""
    note: str = ""
    day: date | None = None


@dataclass(frozen=True)
class Change:
    """What a line of the file does. `entry` None: not in the cart yet; `asked` None: nothing, `told` says why.

    `column` is where it is wrong; `packs` are the product's packing units.
    """

    number: int
    code: str
    label: Label | None = None
    entry: CartEntry | None = None
    asked: Asked | None = None
    told: str = ""
    column: str = ""
    packs: tuple[PackUnit, ...] = ()

    @property
    def before(self) -> str:
        """The quantity as it is; empty for a new line."""
        return self._words(self.entry.quantity, self.entry.unit) if self.entry else ""

    @property
    def after(self) -> str:
        """The quantity as it will be; empty for a line that goes."""
        return self._words(self.asked.quantity, self.asked.unit) if self.asked and self.asked.quantity else ""

    @property
    def new_note(self) -> bool:
        """Whether the note changes."""
        return bool(self.asked and self.asked.quantity and self.asked.note != (self.entry.note if self.entry else ""))

    @property
    def new_day(self) -> bool:
        """Whether the requested day changes."""
        kept = self.entry.requested_date if self.entry else None
        return bool(self.asked and self.asked.quantity and self.asked.day != kept)

    def _words(self, quantity: int, unit: str) -> str:
        factor = next((pack.factor for pack in self.packs if pack.code == unit), 1)
        return ordered_words(quantity, self.label.unit_code if self.label else Unit.PIECE, unit, factor)


@dataclass(frozen=True)
class Preview:
    """All that a file comes to: lines that change something, lines that cannot be read, and how many stay."""

    changes: tuple[Change, ...]
    refused: tuple[Change, ...]
    same: int
    untouched: int


@dataclass(frozen=True)
class _Places:
    """Where in its rows a file says what, and what it calls the columns; None where it has none."""

    quantity: str
    unit: str
    has_units: bool
    note_at: int | None
    day_at: int | None
    note: str
    day: str

    @classmethod
    def of(cls, quick: QuickList) -> _Places:
        names = [heading_key(cell) for cell in quick.header]
        note_at = next((at for at, name in enumerate(names) if name in NOTE_HEADINGS), None)
        day_at = next((at for at, name in enumerate(names) if name in DAY_HEADINGS), None)

        def called(at: int | None, otherwise: str) -> str:
            return (quick.header[at] if at is not None and at < len(quick.header) else "") or otherwise

        return cls(
            quantity=called(quick.quantity_at, _("Quantity")),
            unit=called(quick.unit_at, _("Unit")),
            has_units=quick.unit_at is not None,
            note_at=note_at,
            day_at=day_at,
            note=called(note_at, _("Note")),
            day=called(day_at, _("Requested date")),
        )


def compare(dealer: Dealer, kept: Mapping[int, CartEntry], quick: QuickList) -> Preview:
    """What the lines of a file change in a cart, in a constant number of statements.

    A code is the SKU of a line of the cart, else what `resolve` finds for the dealer. The same product twice adds up.
    A column that the file does not have changes nothing; an empty cell of one that it has empties note or day.
    """
    places = _Places.of(quick)
    in_cart = dict(Product.objects.filter(pk__in=list(kept)).exclude(upc=None).values_list("upc", "pk"))
    others = [line for line in quick.lines if line.code not in in_cart]
    resolved = resolve(dealer, [_entry(line) for line in others]) if others else []
    found = {line.number: item for line, item in zip(others, resolved, strict=True)}
    products = {line.number: in_cart.get(line.code) or _product_of(found.get(line.number)) for line in quick.lines}
    known = {pk for pk in products.values() if pk is not None}
    labels = labels_for(dealer, named(Product.objects.filter(pk__in=known)))
    packings = units_of(known)
    changes: dict[int, Change] = {}
    refused = []
    for line in quick.lines:
        pk, item = products[line.number], found.get(line.number)
        if pk is None:
            refused.append(Change(line.number, line.code, told=item.message if item else ""))
            continue
        change = Change(line.number, line.code, labels[pk], kept.get(pk), packs=packings.get(pk, ()))
        try:
            asked = _asked(line, change, places, item.unit if item else "")
        except _Wrong as why:
            refused.append(replace(change, told=why.message, column=why.column))
            continue
        before = changes.get(pk)
        changes[pk] = replace(before, asked=_sum(before.asked, asked)) if before else replace(change, asked=asked)
    differing = tuple(change for change in changes.values() if _differs(change))
    return Preview(differing, tuple(refused), len(changes) - len(differing), len(set(kept) - set(changes)))


def _product_of(item: Resolved | None) -> int | None:
    return item.product_id if item else None


def _entry(line: QuickLine) -> Entry:
    read = read_amount(line.quantity, line.unit)
    return Entry(line.code, read.number, read.wrong, read.units)


def _differs(change: Change) -> bool:
    entry, asked = change.entry, change.asked
    if asked is None or entry is None:
        return bool(asked and asked.quantity)
    return asked.quantity != entry.quantity or change.before != change.after or change.new_note or change.new_day


def _sum(first: Asked | None, more: Asked) -> Asked:
    if first is None:
        return more
    unit = first.unit if first.unit == more.unit else ""
    quantity = min(first.quantity + more.quantity, MAX_QUANTITY)
    return Asked(quantity, unit, first.note or more.note, first.day or more.day)


def _asked(line: QuickLine, change: Change, places: _Places, scanned: str) -> Asked:
    """What a line asks for. `scanned` is the packing unit whose EAN its code is."""
    quantity, unit = _amount(line, change, places, scanned)
    note = change.entry.note if change.entry else ""
    day = change.entry.requested_date if change.entry else None
    if places.note_at is not None:
        note = line.cells[places.note_at] if places.note_at < len(line.cells) else ""
        if len(note) > LONGEST_NOTE:
            raise _Wrong(places.note, _("A note has at most %d characters.") % LONGEST_NOTE)
    if places.day_at is not None:
        day = _day(line.cells[places.day_at] if places.day_at < len(line.cells) else "", day, places)
    return Asked(quantity, unit, note, day)


def _amount(line: QuickLine, change: Change, places: _Places, scanned: str) -> tuple[int, str]:
    """The quantity in sales units and the packing unit it was said in; 0 removes a line."""
    read = read_amount(line.quantity, line.unit)
    if read.wrong == "zero":
        return 0, ""
    if read.wrong == "unit":
        raise _Wrong(places.unit, _no_such_unit(change))
    if read.number is None:
        said = line.quantity[:40]
        raise _Wrong(places.quantity, _("“%s” is no quantity; the line stays as it is.") % said)
    sold = {pack.code: pack.factor for pack in change.packs}
    base = change.label.unit_code if change.label else ""
    units = read.units or ((scanned,) if scanned else ())
    unit = next((code for code in units if code == base or code in sold), None)
    if units and unit is None:
        raise _Wrong(places.unit if places.has_units else places.quantity, _no_such_unit(change))
    factor = sold.get(unit or "", 1) if unit != base else 1
    if read.number * factor > MAX_QUANTITY:
        raise _Wrong(places.quantity, quantity_message())
    if not units and not places.has_units and change.entry:
        return read.number, change.entry.unit
    return read.number * factor, unit if unit and unit != base else ""


def _no_such_unit(change: Change) -> str:
    words = [Unit.word(change.label.unit_code if change.label else Unit.PIECE)]
    words += [f"{Unit.word(pack.code)} ({pack.factor})" for pack in change.packs]
    return _("There is no such unit of this product. It is sold by: %s.") % ", ".join(words)


def _day(text: str, kept: date | None, places: _Places) -> date | None:
    """The day of a cell. One that stands in the cart already is no fault of the file, even when it is past."""
    try:
        day: date | None = DAY.read(text)
    except CellRefused as why:
        raise _Wrong(places.day, str(why)) from why
    problem = "" if day == kept else day_problem(day, supplier_day(timezone.now()))
    if problem:
        raise _Wrong(places.day, problem)
    return day
