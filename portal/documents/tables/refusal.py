"""Why a file cannot be read, as a code and its facts. Pure: the reading process raises it, the server words it."""


class Refusal(Exception):
    """A file that we will not read. `code` is a key of `refusals.MESSAGES`; `facts` fill the sentence."""

    def __init__(self, code: str, **facts: str | int) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts
