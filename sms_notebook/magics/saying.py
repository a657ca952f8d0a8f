"""A text as a result: shown as it is, without quotes."""


class Said(str):
    """What a command says."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)
