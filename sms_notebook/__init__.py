"""Virtual phone numbers as DataFrames."""

__version__ = "0.1.0"
