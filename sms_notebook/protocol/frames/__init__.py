"""Frames as contracts: one schema per answer, with exact dtypes."""

from sms_notebook.protocol.frames.schema import Column, Schema

__all__ = ["Column", "Schema"]
