"""The same bits on every machine, Python and release, unless the changelog says otherwise."""

import json
import runpy
from pathlib import Path

GOLDEN = runpy.run_path(str(Path(__file__).with_name("golden.py")))


def test_golden__every_shipped_scenario_gives_the_recorded_bits() -> None:
    recorded = json.loads(GOLDEN["PATH"].read_text("utf-8"))
    assert GOLDEN["fingerprints"]() == recorded
