"""Every published number and claim, at full size."""

import pytest

from sim.classics import CLASSICS
from sim.replication import replicate

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", CLASSICS)
def test_classic__meets_every_published_number_and_claim(name):
    found = replicate(name)
    assert found.full
    wrong = [row for row in (*found.rows, *found.claims) if row.verdict in ("missed", "undecided")]
    assert not wrong
    assert found.ok
