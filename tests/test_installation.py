"""What a user sees whose installation is not as it should be."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
REFUSAL = "Numba needs NumPy 2.4 or less. Got NumPy 2.9."


def test_q35_wrong_numpy__is_one_line_with_both_versions(tmp_path: Path) -> None:
    # Numba says so itself when it is imported; a stand-in for it says the same.
    (tmp_path / "numba").mkdir()
    (tmp_path / "numba" / "__init__.py").write_text(f"raise ImportError({REFUSAL!r})\n")
    ended = subprocess.run(
        [sys.executable, "-m", "sim", "run", "open_source"],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [
        f"cocreate: the installed packages do not fit together: {REFUSAL}"
    ]
