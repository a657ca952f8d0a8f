"""The webhook receiver: codes that the provider sends by itself.

``server`` has the :class:`Receiver`; starlette and uvicorn load when it is started.
"""
