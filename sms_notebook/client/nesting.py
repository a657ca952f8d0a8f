"""``asyncio.run`` inside a running event loop, for those who ask for it."""


def allow_nested_loops() -> None:
    """Let ``asyncio.run(...)`` work inside a running event loop, such as a notebook's.

    Nothing here needs it, and nothing does it unasked: `Client` works in cells as it is, and cells
    can ``await`` an `AsyncClient`. It patches the event loop of this process with nest-asyncio, for
    good. Call it in a cell of its own, before the cell that runs something.

    Examples
    --------
    >>> import sms_notebook
    >>> sms_notebook.allow_nested_loops()  # doctest: +SKIP
    """
    import nest_asyncio  # noqa: PLC0415 - only for those who ask for it

    nest_asyncio.apply()
