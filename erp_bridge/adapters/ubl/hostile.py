"""Parse XML that nobody vouches for: bounded in size, depth and number of elements; no DTD, no entity, no network."""

import codecs
import re
from typing import Any

from lxml import etree

from erp_bridge.adapters.errors import DocumentRefused, gettext_noop
from erp_bridge.adapters.ubl.names import CAC, CBC, schema_errors

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 40
MAX_ELEMENTS = 200_000
ENCODINGS = {"utf-8", "utf-16", "gb18030", "gbk", "gb2312", "ascii", "iso8859-1"}

_CHUNK = 64 * 1024
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_PARSER_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
}


class _Counter:
    """Parser target that builds nothing and stops at the first thing that is not allowed."""

    def __init__(self) -> None:
        self._depth = 0
        self._elements = 0

    def start(self, tag: str, attributes: Any) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH:
            text = gettext_noop("The file nests elements more than %(limit)d deep.")
            raise DocumentRefused("too_deep", text, limit=MAX_DEPTH)
        if self._elements > MAX_ELEMENTS:
            text = gettext_noop("The file has more than %(limit)d elements.")
            raise DocumentRefused("too_many_elements", text, limit=MAX_ELEMENTS)

    def end(self, tag: str) -> None:
        self._depth -= 1

    def doctype(self, *declared: Any) -> None:
        text = gettext_noop("The file has a DOCTYPE declaration. Send it without one.")
        raise DocumentRefused("doctype", text)

    def close(self) -> None:
        return None


def parse(data: bytes) -> Any:
    """The root element of ``data``; raises DocumentRefused with a plain sentence for anything doubtful."""
    if not data.strip(b" \t\r\n\0"):
        raise DocumentRefused("empty", gettext_noop("The file is empty."))
    if len(data) > MAX_BYTES:
        text = gettext_noop("The file has %(size)d bytes; at most %(limit)d are read.")
        raise DocumentRefused("too_large", text, size=len(data), limit=MAX_BYTES)
    try:
        _scan(data)
        root = etree.fromstring(data, etree.XMLParser(remove_comments=True, remove_pis=True, **_PARSER_OPTIONS))
    except etree.XMLSyntaxError as why:
        raise _not_xml(why) from None
    except LookupError:
        raise DocumentRefused("encoding", gettext_noop("The file names an unknown character encoding.")) from None
    _check_encoding(root.getroottree().docinfo.encoding)
    for element in root.iter():
        _forget_schema_hints(element)
    return root


def _scan(data: bytes) -> None:
    target: Any = _Counter()  # the stubs ask for callbacks that lxml does not need
    parser = etree.XMLParser(target=target, **_PARSER_OPTIONS)
    for start in range(0, len(data), _CHUNK):
        parser.feed(data[start : start + _CHUNK])
    parser.close()


def _not_xml(why: etree.XMLSyntaxError) -> DocumentRefused:
    problem = re.sub(r",? ?\(?line \d+.*$|\s+", " ", why.msg or "").strip()[:200]
    if "encoding" in problem.lower() or "not proper UTF-8" in problem or "char out of" in problem:
        text = gettext_noop("The characters do not fit the encoding the file declares (line %(line)d). Send UTF-8.")
        return DocumentRefused("encoding", text, line=why.lineno or 1)
    text = gettext_noop("The file is not well-formed XML: %(problem)s (line %(line)d).")
    return DocumentRefused("not_xml", text, problem=problem, line=why.lineno or 1)


def _check_encoding(name: str | None) -> None:
    try:
        known = codecs.lookup(name or "utf-8").name
    except LookupError:
        known = ""
    if known.removesuffix("-le").removesuffix("-be") not in ENCODINGS:
        text = gettext_noop("The file is encoded in %(encoding)s. Send UTF-8, UTF-16 or GB18030.")
        raise DocumentRefused("encoding", text, encoding=name)


def _forget_schema_hints(element: Any) -> None:
    # libxml2 would fetch the files that these attributes name while it validates.
    element.attrib.pop(f"{{{_INSTANCE}}}schemaLocation", None)
    element.attrib.pop(f"{{{_INSTANCE}}}noNamespaceSchemaLocation", None)


def check_schema(document: str, root: Any) -> None:
    """Refuse a ``root`` that breaks the UBL 2.1 schema, naming the first three places and their lines."""
    errors = schema_errors(document, root)
    if not errors:
        return
    places = "; ".join(f"line {line}: {_in_words(message)}" for line, message in errors[:3])
    more = len(errors) - 3
    text = gettext_noop("The %(document)s is not valid UBL 2.1: %(places)s.")
    if more > 0:
        text = gettext_noop("The %(document)s is not valid UBL 2.1: %(places)s; and %(more)d more.")
    raise DocumentRefused("schema", text, document=document, places=places, more=more)


_WORDS = (
    (
        re.compile(r"Element '(.+?)': This element is not expected\. Expected is (?:one of )?\( (.+?) \)\.", re.DOTALL),
        r"\1 is not expected here; expected is \2",
    ),
    (re.compile(r"Element '(.+?)': This element is not expected\.", re.DOTALL), r"\1 is not expected here"),
    (
        re.compile(r"Element '(.+?)': Missing child element\(s\)\. Expected is (?:one of )?\( (.+?) \)\.", re.DOTALL),
        r"\1 ends too early; expected is \2",
    ),
    (
        re.compile(r"Element '(.+?)': '(.*)' is not a valid value of the atomic type '(.+?)'\.", re.DOTALL),
        r"\1 holds “\2”, which is not a valid \3",
    ),
    (re.compile(r"Element '(.+?)': The attribute '(.+?)' is required but missing\."), r"\1 lacks the attribute \2"),
    (
        re.compile(r"Element '(.+?)', attribute '(.+?)': The attribute .+ is not allowed\."),
        r"\1 may not have the attribute \2",
    ),
)


def _in_words(message: str) -> str:
    message = message.replace(f"{{{CBC}}}", "cbc:").replace(f"{{{CAC}}}", "cac:")
    message = re.sub(r"\{[^}]*\}", "", message).replace("xs:", "").strip()
    for pattern, words in _WORDS:
        found = pattern.fullmatch(message)
        if found:
            message = found.expand(words)
            break
    return message if len(message) <= 240 else message[:239] + "…"
