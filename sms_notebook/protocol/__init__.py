"""The wire, without I/O: the actions, reading replies, frames, errors."""
