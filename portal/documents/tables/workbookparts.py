"""The parts of a workbook beside its sheets: sheet list, relations, formats and shared text. Pure."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from portal.documents.tables.archive import Archive
from portal.documents.tables.cellvalues import BUILTIN, Meaning, meaning_of_format
from portal.documents.tables.limits import Limits
from portal.documents.tables.refusal import Refusal
from portal.documents.tables.xmlstream import feed, local_name, new_parser, read_whole, unescape

PACKAGE_RELATIONS = "_rels/.rels"


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A visible worksheet: the name on its tab and the part that holds its rows."""

    name: str
    part: str


@dataclass(frozen=True, slots=True)
class WorkbookParts:
    """Everything that reading one sheet needs."""

    sheets: list[SheetPart]
    meanings: list[Meaning]
    strings: list[str]
    from_1904: bool


def read_parts(archive: Archive, limits: Limits) -> WorkbookParts:
    """Read the workbook's list of visible worksheets, its date formats and its shared text."""
    main = _targets(archive, PACKAGE_RELATIONS, "").get("officeDocument", ["xl/workbook.xml"])[0]
    folder, name = posixpath.split(main)
    relations = f"{folder}/_rels/{name}.rels".lstrip("/")
    targets = _targets(archive, relations, folder)
    sheets, from_1904 = _sheets(archive, main, _worksheets_by_id(archive, relations, folder), limits)
    styles = targets.get("styles", [])
    shared = targets.get("sharedStrings", [])
    return WorkbookParts(
        sheets=sheets,
        meanings=_meanings(archive, styles[0], limits) if styles and styles[0] in archive else [],
        strings=list(_strings(archive, shared[0], limits)) if shared and shared[0] in archive else [],
        from_1904=from_1904,
    )


def _relations(archive: Archive, part: str, folder: str) -> Iterator[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []

    def on_start(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
            found.append((attributes.get("Id", ""), kind, target))

    if part in archive:
        read_whole(archive.chunks(part), part, on_start)
    yield from found


def _targets(archive: Archive, part: str, folder: str) -> dict[str, list[str]]:
    targets: dict[str, list[str]] = {}
    for _id, kind, target in _relations(archive, part, folder):
        targets.setdefault(kind, []).append(target)
    return targets


def _worksheets_by_id(archive: Archive, part: str, folder: str) -> dict[str, str]:
    return {relation: target for relation, kind, target in _relations(archive, part, folder) if kind == "worksheet"}


def _sheets(archive: Archive, part: str, worksheets: dict[str, str], limits: Limits) -> tuple[list[SheetPart], bool]:
    sheets: list[SheetPart] = []
    from_1904 = False

    def on_start(name: str, attributes: dict[str, str]) -> None:
        nonlocal from_1904
        if name == "workbookPr":
            from_1904 = attributes.get("date1904", "0") in ("1", "true", "on")
        elif name == "sheet" and attributes.get("state", "visible") == "visible":
            relation = next((value for key, value in attributes.items() if local_name(key) == "id"), "")
            if relation in worksheets:
                sheets.append(SheetPart(attributes.get("name", "")[:255], worksheets[relation]))
            if len(sheets) > limits.sheets:
                raise Refusal("too_many_sheets", limit=limits.sheets)

    read_whole(archive.chunks(part), part, on_start)
    return sheets, from_1904


def _meanings(archive: Archive, part: str, limits: Limits) -> list[Meaning]:
    """What each cell format (`cellXfs`) makes of a number, in the order in which cells refer to them."""
    custom: dict[str, Meaning] = {}
    formats: list[str] = []
    inside = ""

    def on_start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside
        if name == "numFmt":
            custom[attributes.get("numFmtId", "")] = meaning_of_format(attributes.get("formatCode", ""))
        elif name in ("cellXfs", "cellStyleXfs", "dxfs", "cellStyles"):
            inside = name
        elif name == "xf" and inside == "cellXfs":
            formats.append(attributes.get("numFmtId", "0"))
        if len(formats) > limits.styles or len(custom) > limits.styles:
            raise Refusal("too_many_styles", limit=limits.styles)

    read_whole(archive.chunks(part), part, on_start)
    builtin: dict[str, Meaning] = {str(number): meaning for number, meaning in BUILTIN.items()}
    known = builtin | custom
    return [known.get(number, "number") for number in formats]


def _strings(archive: Archive, part: str, limits: Limits) -> Iterator[str]:
    """The shared texts in order. Runs of one text are joined; phonetic guides are left out."""
    done: list[str] = []
    pieces: list[str] = []
    length = 0
    taking = phonetic = False

    def on_start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal taking, phonetic, length
        name = local_name(name)
        if name == "si":
            pieces.clear()
            length = 0
        elif name == "rPh":
            phonetic = True
        elif name == "t":
            taking = not phonetic

    def on_text(text: str) -> None:
        nonlocal length
        if taking:
            pieces.append(text)
            length += len(text)
            if length > limits.cell_characters:
                raise Refusal("text_too_long", limit=limits.cell_characters)

    def on_end(name: str) -> None:
        nonlocal taking, phonetic
        name = local_name(name)
        if name == "t":
            taking = False
        elif name == "rPh":
            phonetic = False
        elif name == "si":
            done.append(unescape("".join(pieces)))

    parser = new_parser()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = on_start, on_end, on_text
    for _ in feed(parser, archive.chunks(part), part):
        yield from done
        done.clear()
