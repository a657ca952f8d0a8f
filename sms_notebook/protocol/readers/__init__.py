"""Readers: from a decoded reply to a frame, one for each shape of answer."""
