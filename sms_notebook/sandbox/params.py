"""Reading the parameters of a request."""

from collections.abc import Mapping

Params = Mapping[str, str]


def text(params: Params, name: str) -> str | None:
    """Return a parameter; None when it is missing or empty."""
    return params.get(name, "").strip() or None


def integer(params: Params, name: str) -> int | None:
    """Return a parameter as a whole number; None when it is missing or something else."""
    value = params.get(name, "").strip()
    return int(value) if _is_integer(value) else None


def at_least(params: Params, name: str, least: int, default: int) -> int:
    """Return a whole number that is not below `least`; anything else is read as the default."""
    value = integer(params, name)
    return default if value is None or value < least else value


def names(params: Params, name: str) -> tuple[str, ...]:
    """Return the parts of a comma list, each once."""
    parts = (part.strip() for part in params.get(name, "").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def flag(params: Params, name: str) -> bool:
    """Whether a switch is on: ``true`` or ``1``."""
    return params.get(name, "").strip().lower() in ("true", "1")


def _is_integer(value: str) -> bool:
    digits = value.removeprefix("-")
    # Longer than any id or timestamp: int() of a megabyte of digits is an attack.
    return digits.isascii() and digits.isdigit() and len(digits) <= 19  # noqa: PLR2004  # int64
