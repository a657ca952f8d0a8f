"""Errors in the words of a person who clicks: those of the client speak of the wire and Python."""

import re

_PHRASES = (
    (r"^\w+(?: at \S+)?: (?:[A-Z][A-Z_0-9]+(?::\S*)?: )?", ""),
    (r" \(get_\w+\)", ""),
    (r"\ba higher max_price", "a higher price"),
    (r"^max_price\b", "The highest price"),
    (r"\b[Pp]ass max_price", "write a highest price"),
    (r"\bmax_price\b", "the highest price"),
    (r"Before a code: 1 = .*, 6 = finish", "Cancel it before a code, finish it after one"),
    (r"Finish it with set_rent_status\(rent_id, 1\)", "Finish it"),
    (r": look with get_status\(\) or get_rent_status\(\)", "; it is shown below"),
    (r": the url column of get_status_v2\(\)", ""),
)
_FOR_PROGRAMS = r"(get_\w+\(|sms\.|It is in \.messages)"


def plain(problem: BaseException) -> str:
    """Say an error without the words of the wire and of Python.

    Examples
    --------
    >>> plain(ValueError("setStatus at sandbox: BAD_STATUS: this cannot be done now."))
    'This cannot be done now.'
    >>> plain(ValueError("Top up the account; get_balance() shows what is there."))
    'Top up the account.'
    """
    said = str(problem)
    for pattern, phrase in _PHRASES:
        said = re.sub(pattern, phrase, said)
    sentences = re.split(r"(?<=[.;]) ", said)
    said = " ".join(one for one in sentences if not re.match(_FOR_PROGRAMS, one))
    said = re.sub(r";$", ".", said)
    return said[:1].upper() + said[1:]
