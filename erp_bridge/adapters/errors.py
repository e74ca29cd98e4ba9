"""What can go wrong with a document or an ERP, said in plain sentences.

Every error keeps its English sentence with named places (``template``) and the values for them (``values``), so that a
screen can translate the first and fill in the second. Pure: no Django.
"""


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for the message catalogue; translated where it is shown."""
    return sentence


class PlainError(Exception):
    """An error whose text a clerk may read. ``code`` is stable and for machines."""

    def __init__(self, code: str, template: str, /, **values: object) -> None:
        self.code = code
        self.template = template
        self.values = values
        self.message = template % values if values else template
        super().__init__(self.message)


class DocumentRefused(PlainError):
    """A document from outside that we do not take in; the sender must mend it."""


class RetryableError(PlainError):
    """Nothing happened at the ERP; the same step may succeed later."""


class UnknownOutcomeError(PlainError):
    """The ERP may or may not have the document; only ``deliver`` with the same token may be repeated."""


class PermanentError(PlainError):
    """Repeating does not help; a person must look."""
