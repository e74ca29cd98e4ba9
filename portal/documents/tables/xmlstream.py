"""Reading XML parts piece by piece with expat, refusing every document type declaration. Pure."""

import re
from collections.abc import Callable, Iterable, Iterator
from xml.parsers import expat

from portal.documents.tables.refusal import Refusal

NO_MEMORY = 1
LONGEST_TOKEN = 1024 * 1024
"""Expat starts an unfinished tag over with every piece; a longer one would cost its length squared."""
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def new_parser() -> expat.XMLParserType:
    """A parser without entities: a declaration is refused before anything could be expanded or fetched."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_declaration
    parser.EntityDeclHandler = _refuse_declaration
    return parser


def feed(parser: expat.XMLParserType, chunks: Iterable[bytes], part: str) -> Iterator[None]:
    """Parse a part, pausing after every piece so that the caller can take what its handlers collected."""
    fed = 0
    for chunk in chunks:
        _parse(parser, chunk, part)
        fed += len(chunk)
        if fed - parser.CurrentByteIndex > LONGEST_TOKEN:
            raise Refusal("damaged_workbook", part=part[:80])
        yield
    _parse(parser, b"", part, last=True)
    yield


def _parse(parser: expat.XMLParserType, chunk: bytes, part: str, *, last: bool = False) -> None:
    try:
        parser.Parse(chunk, last)
    except expat.ExpatError as broken:
        if broken.code == NO_MEMORY:
            raise MemoryError from broken
        raise Refusal("damaged_workbook", part=part[:80]) from broken
    except (LookupError, ValueError) as broken:  # an encoding that nobody knows
        raise Refusal("damaged_workbook", part=part[:80]) from broken


def read_whole(chunks: Iterable[bytes], part: str, on_start: Callable[[str, dict[str, str]], None]) -> None:
    """Parse a part of which only the elements and their attributes matter. Names come without their prefix."""
    parser = new_parser()
    parser.StartElementHandler = lambda name, attributes: on_start(local_name(name), attributes)
    for _ in feed(parser, chunks, part):
        pass


def local_name(name: str) -> str:
    """The name without its namespace prefix; workbooks are written with and without one."""
    return name.rpartition(":")[2]


def unescape(text: str) -> str:
    """Undo `_x000D_`, the workbook way to write characters that XML cannot carry."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if code == 0 or 0xD800 <= code <= 0xDFFF or code >= 0xFFFE else chr(code)


def _refuse_declaration(*_: object) -> None:
    raise Refusal("forbidden_xml")
