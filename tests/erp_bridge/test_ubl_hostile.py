"""Files that were made to hurt."""

import contextlib
import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erp_bridge.adapters.ubl import DocumentRefused, hostile, read_document
from tests.erp_bridge.ubl_samples import example, examples

ROOT = "<DespatchAdvice xmlns"


def code_of(data: bytes) -> str:
    with pytest.raises(DocumentRefused) as caught:
        read_document(data)
    assert caught.value.message
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \n\t\0", "empty"),
        (b"PK\x03\x04 not xml", "not_xml"),
        (b"<Invoice", "not_xml"),
        (b"<Invoice></Order>", "not_xml"),
        (b"<a>&undefined;</a>", "not_xml"),
        (b"\xff\xfe", "not_xml"),
        (b"<html/>", "wrong_document"),
        (b"<Invoice/>", "wrong_namespace"),
        (b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2"/>', "wrong_namespace"),
        (b'<?xml version="1.0" encoding="UTF-8"?><Invoice>\xd6\xd0</Invoice>', "encoding"),
        (b'<?xml version="1.0" encoding="martian"?><Invoice/>', "encoding"),
        (b'<?xml version="1.0" encoding="UTF-7"?><Invoice/>', "encoding"),
        ('<?xml version="1.0" encoding="cp037"?><Invoice/>'.encode("cp037"), "encoding"),
        (b"<!DOCTYPE Invoice><Invoice/>", "doctype"),
    ],
)
def test_what_is_not_a_ubl_document_is_refused(data: bytes, code: str) -> None:
    assert code_of(data) == code


@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>',
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">',
    ],
)
def test_entities_and_dtds_are_refused_before_they_work(dtd: str) -> None:
    assert code_of((dtd + examples()["DespatchAdvice"].replace("DN-7001", "&a;")).encode()) == "doctype"


def test_too_many_bytes_are_refused_unread() -> None:
    assert code_of(b"x" * (hostile.MAX_BYTES + 1)) == "too_large"


def test_deep_nesting_is_refused() -> None:
    assert code_of(b"<a>" * 100_000) == "too_deep"


def test_a_flood_of_elements_is_refused() -> None:
    assert code_of(b"<a>" + b"<b/>" * (hostile.MAX_ELEMENTS + 1) + b"</a>") == "too_many_elements"


def test_a_hint_to_a_schema_elsewhere_is_not_followed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        port = server.getsockname()[1]
        asked: list[bool] = []
        waiting = threading.Thread(target=lambda: asked.append(server.accept()[1][1] != own))
        hint = (
            'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation='
            f'"urn:oasis:names:specification:ubl:schema:xsd:DespatchAdvice-2 http://127.0.0.1:{port}/x.xsd urn:x http://127.0.0.1:{port}/y.xsd"'
        )
        own = 0
        probe = socket.socket()
        probe.bind(("127.0.0.1", 0))
        own = probe.getsockname()[1]
        waiting.start()
        read_document(example("DespatchAdvice", (ROOT, f"<DespatchAdvice {hint} xmlns")))
        probe.connect(("127.0.0.1", port))  # lets the waiting thread end; it saw only this one
        waiting.join()
        probe.close()
    assert asked == [False]


def test_the_first_three_schema_errors_are_told_in_words_with_their_lines() -> None:
    text = example(
        "DespatchAdvice",
        ("<cbc:IssueDate>2026-03-18</cbc:IssueDate>", "<cbc:IssueDate>tomorrow</cbc:IssueDate>"),
        (">8</cbc:Del", ">eight</cbc:Del"),
        (">4</cbc:Out", ">four</cbc:Out"),
        (">2026-03-17<", ">yesterday<"),
    )
    with pytest.raises(DocumentRefused) as caught:
        read_document(text)

    assert caught.value.message == (
        "The DespatchAdvice is not valid UBL 2.1:"
        " line 4: cbc:IssueDate holds “tomorrow”, which is not a valid date;"
        " line 20: cbc:ActualDespatchDate holds “yesterday”, which is not a valid date;"
        " line 26: cbc:DeliveredQuantity holds “eight”, which is not a valid decimal; and 1 more."
    )


def test_a_missing_line_reference_is_told_in_words() -> None:
    reference = "<cac:OrderLineReference>\n      <cbc:LineID>1</cbc:LineID>\n    </cac:OrderLineReference>"
    with pytest.raises(
        DocumentRefused, match=r"line 29: cac:Item is not expected here; expected is .*OrderLineReference"
    ):
        read_document(example("DespatchAdvice", (reference, "")))


def test_comments_and_instructions_between_are_harmless() -> None:
    commented = example("DespatchAdvice", ("<cbc:ID>DN-7001", "<!-- a --><?php b ?><cbc:ID><!-- c -->DN-7001"))
    assert read_document(commented) == read_document(example("DespatchAdvice"))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_to_a_document_raises_anything_but_a_refusal(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(set(examples()) - {"Order"})))
    content = bytearray(example(name))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content) - 1))
        end = data.draw(st.integers(start, min(len(content), start + 40)))
        content[start:end] = data.draw(
            st.binary(max_size=12) | st.sampled_from([b"", b"-", b"9" * 30, b"<x/>", b"&#0;"])
        )
    with contextlib.suppress(DocumentRefused):
        read_document(bytes(content))
