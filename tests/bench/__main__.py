"""Prints the ratios as a table: ``make bench``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the browser is opened as the tests do it

from installing import installing
from ledgers import LONGEST, growing, reporting
from measure import table
from panels_in_the_browser import in_the_browser
from ratios import calling, first_order, importing, ordering, reading
from watching import watching

rows = [
    *reading(),
    *calling(),
    *ordering(),
    *first_order(),
    *reporting(),
    *reporting(orders=LONGEST),
    *growing(),
    *growing(many=LONGEST),
    *importing(most=1.15),
    *installing(),
    *watching(),
    *in_the_browser(),
]
print(table(rows))
sys.exit(0 if all(row.holds for row in rows) else 1)
