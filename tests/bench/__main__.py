"""Prints the ratios as a table: ``make bench``."""

import sys

from measure import table
from ratios import calling, importing, ordering, reading
from watching import watching

rows = [*reading(), *calling(), *ordering(), *importing(), *watching()]
print(table(rows))
sys.exit(0 if all(row.holds for row in rows) else 1)
