"""What must be settled before NumPy is loaded, as it reads it then: imported before all else."""

import os

# Its threads for linear algebra, of which there is next to none, would take longer to start
# than a run of a small world. Whoever sets their number gets it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
