"""The sentences that a person reads when a file is refused: what is wrong, and the mend."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MESSAGES: dict[str, str | Promise] = {
    "too_large": _("The file has %(size)s MB; at most %(limit)s MB can be read. Split it into several files."),
    "empty_file": _("The file is empty. Choose a file with a heading row and at least one row below it."),
    "unknown_extension": _(
        "Files of the kind “%(extension)s” cannot be read. "
        "Save the table as Excel workbook (.xlsx) or as CSV UTF-8 (.csv)."
    ),
    "old_excel": _("This is an old Excel file (.xls). Open it in Excel and save it as Excel workbook (.xlsx)."),
    "password_protected": _(
        "The workbook is protected by a password, or is an old .xls file under a new name. "
        "Remove the password in Excel (File, Info, Protect workbook) and save it as .xlsx."
    ),
    "macro_enabled": _("The workbook contains macros. Save it as Excel workbook without macros (.xlsx)."),
    "binary_workbook": _("This is a binary Excel workbook (.xlsb). Save it as Excel workbook (.xlsx)."),
    "open_document": _("This is an OpenDocument spreadsheet (.ods). Save it as Excel workbook (.xlsx)."),
    "not_a_workbook": _(
        "The file is named .xlsx but is not an Excel workbook. Open it in a spreadsheet program and save it as .xlsx."
    ),
    "not_text": _(
        "The file is named as text (CSV), but its content is %(content)s. "
        "Save the table as CSV UTF-8 (.csv), or give an Excel workbook its ending .xlsx back."
    ),
    "damaged_archive": _(
        "The workbook is damaged or was not uploaded completely. "
        "Open it in Excel, save it again and upload the new file."
    ),
    "damaged_workbook": _(
        "The workbook is damaged: its part “%(part)s” cannot be read. "
        "Open it in Excel, save it again and upload the new file."
    ),
    "too_many_parts": _(
        "The workbook consists of more than %(limit)s parts. Copy only the table into a new workbook and upload that."
    ),
    "unsafe_part_name": _(
        "The workbook contains a part with a forbidden name (“%(part)s”). "
        "Copy only the table into a new workbook and upload that."
    ),
    "expands_too_much": _(
        "The file unpacks to far more data than its size suggests. "
        "Copy only the table into a new workbook, or split it into several files."
    ),
    "forbidden_xml": _(
        "The workbook contains entity declarations, which Excel never writes. "
        "Copy only the table into a new workbook and upload that."
    ),
    "too_many_sheets": _(
        "The workbook has more than %(limit)s sheets. "
        "Copy the sheet with the table into a new workbook and upload that."
    ),
    "too_many_styles": _(
        "The workbook has more than %(limit)s cell formats. Copy only the values into a new workbook and upload that."
    ),
    "no_table": _(
        "No visible sheet of the workbook contains any cells. "
        "Make the sheet with the table visible, save and upload again."
    ),
    "sheet_missing": _("The workbook has no visible sheet named “%(sheet)s”. Choose one of: %(sheets)s."),
    "too_many_rows": _("The table has more than %(limit)s rows. Split it into several files."),
    "too_many_columns": _(
        "Row %(row)s has a value beyond column %(limit)s. "
        "Delete the columns that are not needed, save and upload again."
    ),
    "cell_too_long": _("Row %(row)s has a cell with more than %(limit)s characters. Shorten it and upload again."),
    "text_too_long": _("A cell of the workbook has more than %(limit)s characters. Shorten it, save and upload again."),
    "row_too_long": _("Row %(row)s has more than %(limit)s characters in all. Shorten it and upload again."),
    "line_too_long": _(
        "A line at or below row %(row)s has more than %(limit)s characters. "
        "Check that the file has line breaks between its rows, and save it again as CSV UTF-8."
    ),
    "bad_quotes": _(
        "In row %(row)s a quotation mark is not closed, or stands in the middle of a quoted value. "
        "Correct that row, or save the table as Excel workbook (.xlsx)."
    ),
    "nul_byte": _(
        "Line %(line)s contains a NUL byte, which does not belong in a text file. "
        "Save the table again as CSV UTF-8 (.csv)."
    ),
    "unmarked_utf16": _(
        "The file seems to be Unicode text (UTF-16) without its mark. Save it as CSV UTF-8 (.csv) or as .xlsx."
    ),
    "broken_encoding": _(
        "Line %(line)s contains characters that are broken in the encoding %(encoding)s. "
        "Save the table again as CSV UTF-8 (.csv) or as .xlsx."
    ),
    "unknown_encoding": _(
        "The characters of the file are neither UTF-8 nor GB18030 (the first that is not UTF-8 is in line %(line)s). "
        "Save the table as CSV UTF-8 (.csv) or as .xlsx."
    ),
    "too_much_memory": _("Reading the file would take too much memory. Split it into several files."),
    "too_slow": _(
        "Reading the file took too long. Split it into several files, or copy only the values into a new one."
    ),
    "reader_failed": _(
        "The file could not be read. Open it in a spreadsheet program, save it again as .xlsx and upload the new file."
    ),
}


class TableRefused(Exception):
    """An uploaded file that we will not read, or will not read on. Nothing of it may be kept by the caller.

    `code` names the reason for machines and tests; `message` is one sentence or two for the person, in the language
    that is active when it is asked for, and says the mend.
    """

    def __init__(self, code: str, facts: Mapping[str, str | int] | None = None) -> None:
        self.code = code if code in MESSAGES else "reader_failed"
        self.facts = dict(facts or {})
        super().__init__(self.code, self.facts)

    @property
    def message(self) -> str:
        """The sentence in the active language."""
        return str(MESSAGES[self.code]) % self.facts

    def __str__(self) -> str:
        return self.message
