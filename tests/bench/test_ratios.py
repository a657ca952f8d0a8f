"""The ratios hold. Other tests run beside this one: each is measured again before it fails.

A look is a short one; `make bench` measures all of it.
"""

import pytest
from ledgers import growing, reporting
from ratios import calling, first_order, importing, ordering, reading
from watching import watching

ATTEMPTS = 5


MEASURES = [reading, calling, ordering, first_order, importing, watching, reporting, growing]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
def test_the_ratios_hold(measure):
    held, missed = set(), []
    for attempt in range(ATTEMPTS):
        rows = list(measure(0.1 * 2**attempt))
        held |= {row.what for row in rows if row.holds}
        missed = [row for row in rows if row.what not in held]
        if not missed:
            break
    assert not missed
