"""The examples are tests of somebody else: they run in a pytest of their own."""

collect_ignore = ["examples"]
