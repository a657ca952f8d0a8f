"""The ratios hold. Other tests run beside this one: each is measured again before it fails."""

import pytest
from ratios import calling, importing, ordering, reading
from watching import watching

ATTEMPTS = 5


MEASURES = [reading, calling, ordering, importing, watching]


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.__name__)
def test_the_ratios_hold(measure):
    for _ in range(ATTEMPTS):
        missed = [row for row in measure() if not row.holds]
        if not missed:
            return
    assert not missed
