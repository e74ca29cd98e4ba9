"""The process that turns HTML into PDF. Started by `pdf.py` by its path; knows no settings and no network.

Standard input is one JSON object: `html`, `assets` (address → base64) and `limits`. Standard output is the PDF. Exit
status 3: WeasyPrint or a library it needs is missing. A document with `<!--row-->` marks is laid out in pieces, so that
memory does not grow with its length: `<!--first-->…<!--/first-->` stands on the first piece only,
`<!--last-->…<!--/last-->` on the last; the rows that begin the last page of a piece move on to the next one, so that no
page is left half empty.
"""

from __future__ import annotations

import base64
import io
import json
import re
import resource
import sys
from typing import Any

MISSING = 3
PIECE = 150
ROW, FIRST, LAST = (
    "<!--row-->",
    re.compile("<!--first-->.*?<!--/first-->", re.DOTALL),
    re.compile("<!--last-->.*?<!--/last-->", re.DOTALL),
)
NO_FOOTER = "<style>@page{@bottom-left{content:none}@bottom-right{content:none}}</style>"


def main() -> None:
    """Read the job, write the PDF."""
    job = json.load(sys.stdin)
    _limit(job["limits"])
    try:
        pdf = Printer(job["assets"]).print(job["html"])
    except (ImportError, OSError) as why:
        sys.stderr.write(str(why)[:500])
        sys.exit(MISSING)
    sys.stdout.buffer.write(pdf)


def _limit(limits: dict[str, int]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (limits["memory"], limits["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (limits["cpu_seconds"], limits["cpu_seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


class Printer:
    """WeasyPrint with fonts loaded once and nothing to fetch but the given assets."""

    def __init__(self, assets: dict[str, str]) -> None:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher, URLFetcherResponse

        class AssetFetcher(URLFetcher):
            """Serves what came with the job; every other address is refused, whatever its protocol."""

            def __init__(self) -> None:
                super().__init__(allowed_protocols=(), allow_redirects=False)

            def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
                if url not in assets:
                    raise ValueError("A document may only use what it brings along.")
                return URLFetcherResponse(url, base64.b64decode(assets[url]))

        self._html = weasyprint.HTML
        self._fonts = FontConfiguration()
        self._fetcher = AssetFetcher()

    def print(self, html: str) -> bytes:
        """The PDF of the document; in pieces when it has many rows."""
        head, *rows = html.split(ROW)
        if len(rows) <= PIECE:
            return bytes(self._render(html).write_pdf())
        rows[-1], rest = _split_last(rows[-1])
        return self._assembled(head, rows, rest)

    def _render(self, html: str) -> Any:
        return self._html(string=html, url_fetcher=self._fetcher).render(font_config=self._fonts)

    def _assembled(self, head: str, rows: list[str], rest: str) -> bytes:
        from pypdf import PdfReader, PdfWriter

        writer = PdfWriter()
        later_head = FIRST.sub("", head).replace("</head>", NO_FOOTER + "</head>")
        piece_head, piece_rest = head.replace("</head>", NO_FOOTER + "</head>"), LAST.sub("", rest)
        done = 0
        while done < len(rows):
            upto = min(done + PIECE, len(rows))
            final = upto == len(rows)
            marked = [rows[n].replace("<tr", f'<tr id="r{n}"', 1) for n in range(done, upto)]
            document = self._render(piece_head + "".join(marked) + (rest if final else piece_rest))
            if not final:
                document, upto = _without_last_page(document, upto, done)
            writer.append(io.BytesIO(document.write_pdf()), import_outline=False)
            done, piece_head = upto, later_head
        stamps = PdfReader(io.BytesIO(self._stamps(head, len(writer.pages))))
        for page, stamp in zip(writer.pages, stamps.pages, strict=True):
            page.merge_page(stamp)
        writer.compress_identical_objects(remove_unreferenced=True)
        target = io.BytesIO()
        writer.write(target)
        return target.getvalue()

    def _stamps(self, head: str, pages: int) -> bytes:
        """Pages that hold nothing but their footer, to be laid over the pieces' pages when their number is known."""
        before_body = head[: head.index("<body")]
        body = "<div class=stamp>&#8203;</div>" * pages
        return bytes(self._render(f"{before_body}<body>{body}</body></html>").write_pdf())


def _split_last(last: str) -> tuple[str, str]:
    at = last.index("</tr>") + len("</tr>")
    return last[:at], last[at:]


def _without_last_page(document: Any, upto: int, done: int) -> tuple[Any, int]:
    """All pages but the last, and the first row that stood on that one; the whole when it has a single page."""
    numbers = [int(name[1:]) for name in document.pages[-1].anchors if re.fullmatch(r"r\d+", name)]
    begins = min(numbers, default=upto)
    if len(document.pages) < 2 or begins <= done:
        return document, upto
    return document.copy(document.pages[:-1]), begins


if __name__ == "__main__":
    main()
