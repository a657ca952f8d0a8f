"""Texts: as a result, and safe to print although strangers wrote them."""

_HARMLESS = "\u00a0\u200c\u200d"  # a wide blank; joiners inside of emoji and Persian words


class Said(str):
    """What a command says; shown as it is, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def printable(text: str, keep: str = "") -> str:
    r"""Write out what would control a terminal, or turn the direction of writing.

    Parameters
    ----------
    text : str
        Anybody's.
    keep : str
        Characters that are harmless where it is printed.

    Examples
    --------
    >>> printable("code\x1b[2J\n123")
    'code\\x1b[2J\\n123'
    """
    return "".join(
        character
        if character.isprintable() or character in _HARMLESS or character in keep
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
