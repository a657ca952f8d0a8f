"""The README of a built package: what leads into the repository has its whole address.

An index of packages shows the README alone. The repository's address is ``Source`` under
``[project.urls]`` in pyproject.toml. Without one, links are words and pictures are left out.
"""

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_PICTURE = re.compile(r"^!\[([^\]]*)\]\((?!https?:)([^)]+)\)\n\n?", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)]+)\)")


def published(text: str, source: str | None, tag: str) -> str:
    """Return a README as it stands outside of its repository.

    Parameters
    ----------
    text : str
        As it is in the repository.
    source : str or None
        The repository's address.
    tag : str
        The name of the version there.

    Examples
    --------
    >>> published("[Actions](docs/actions.md)", "https://example.org/me/it", "v1")
    '[Actions](https://example.org/me/it/blob/v1/docs/actions.md)'
    >>> published("[Actions](docs/actions.md)", None, "v1")
    'Actions'
    """
    if source is None:
        return _LINK.sub(r"\1", _PICTURE.sub("", text))
    address = source.rstrip("/").removesuffix(".git")
    text = _PICTURE.sub(rf"![\1]({address}/raw/{tag}/\2)\n\n", text)
    return _LINK.sub(rf"[\1]({address}/blob/{tag}/\2)", text)


class ReadmeHook(MetadataHookInterface):
    """Puts the README into the metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add what pyproject.toml calls dynamic."""
        text = Path(self.root, "README.md").read_text(encoding="utf-8")
        source = metadata.get("urls", {}).get("Source")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": published(text, source, f"v{metadata['version']}"),
        }
