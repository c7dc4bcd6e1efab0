"""Imports go one way only, and what a worker or a page needs loads no more than that."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_imports__keep_the_contracts() -> None:
    """In a process of its own, because the check turns off all loggers there are."""
    program = "import sys; from importlinter.cli import lint_imports as lint; sys.exit(lint({}))"
    options = "config_filename='pyproject.toml', no_cache=True"
    command = [sys.executable, "-c", program.format(options)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def loaded_by(statement: str) -> set[str]:
    """Top-level modules in memory after a statement in a fresh process."""
    program = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_imports__a_worker_loads_neither_mesa_nor_plots() -> None:
    """They cost every process more than a second, and `import sim` comes with every module."""
    loaded = loaded_by("import sim.core.step")
    assert "numba" in loaded
    assert not loaded & {"mesa", "pandas", "matplotlib"}


def test_imports__the_plotting_back_end_is_the_users() -> None:
    """Importing the product does not change the back end that the user chose (Q41)."""
    program = "import sim, matplotlib; matplotlib.use('svg')\nimport sim.plots\n"
    check = "assert matplotlib.get_backend() == 'svg', matplotlib.get_backend()"
    loaded_by(program + check)


def test_command_line__settles_the_threads_of_numpy_before_it_loads_it() -> None:
    """It reads their number once; whoever has set one keeps it."""
    program = "import sys, sim.cli\nassert 'numpy' not in sys.modules\n"
    unset = "import os\nos.environ.pop('OPENBLAS_NUM_THREADS', None)\n"
    loaded_by(unset + program + "assert os.environ['OPENBLAS_NUM_THREADS'] == '1'")
    set_before = "import os\nos.environ['OPENBLAS_NUM_THREADS'] = '3'\n"
    loaded_by(set_before + program + "assert os.environ['OPENBLAS_NUM_THREADS'] == '3'")
