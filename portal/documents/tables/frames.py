"""How rows travel from the reading process to the server: one JSON document per line. Pure, used by both sides."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portal.documents.tables.source import Cell, Note, Record

Frame = dict[str, Any]


def encode(frame: Frame) -> bytes:
    """One line of UTF-8 JSON with its line feed."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Frame:
    """The frame of one line; ValueError when it is not one."""
    frame = json.loads(line)
    if not isinstance(frame, dict):
        raise ValueError("a frame is a JSON object")
    return frame


def pack_record(record: Record) -> list[object]:
    """A record as JSON can carry it: typed cells become two-element lists, text, truth and empty stay."""
    return [record.number, [_pack(cell) for cell in record.cells], record.notes]


def unpack_record(packed: Sequence[Any]) -> Record:
    """The record that `pack_record` packed; ValueError, TypeError or ArithmeticError for anything else."""
    number, cells, notes = packed
    if not isinstance(number, int):
        raise ValueError("a row number is an integer")
    return Record(number, [_unpack(cell) for cell in cells], tuple(Note(int(at), str(code)) for at, code in notes))


def _pack(cell: Cell) -> object:
    if cell is None or isinstance(cell, str | bool):
        return cell
    if isinstance(cell, Decimal):
        return ["n", str(cell)]
    return ["t" if isinstance(cell, datetime) else "d", cell.isoformat()]


def _unpack(cell: Any) -> Cell:
    if cell is None or isinstance(cell, str | bool):
        return cell
    tag, text = cell
    if tag == "n":
        return Decimal(text)
    return datetime.fromisoformat(text) if tag == "t" else date.fromisoformat(text)
