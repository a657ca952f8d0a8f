"""Providers as data: where they are, how each departs from the reference, which one is chosen."""
