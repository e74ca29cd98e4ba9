"""UBL 2.1: pure translation between frozen dataclasses and XML. No Django, no network."""

from erp_bridge.adapters.errors import DocumentRefused
from erp_bridge.adapters.ubl.order import write_order
from erp_bridge.adapters.ubl.read import read_document

__all__ = ["DocumentRefused", "read_document", "write_order"]
