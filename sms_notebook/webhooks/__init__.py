"""The webhook receiver: codes that the provider sends by itself.

``webhooks`` has what a client holds, ``receiver`` what runs; starlette and uvicorn load when it is
started.
"""

from typing import Final

PORT: Final = 8765
"""Where it listens unless told otherwise."""
