"""Prints the ratios as a table: ``make bench``."""

import sys

from measure import table
from ratios import calling, importing, ordering, reading

rows = [*reading(), *calling(), *ordering(), *importing()]
print(table(rows))
sys.exit(0 if all(row.holds for row in rows) else 1)
