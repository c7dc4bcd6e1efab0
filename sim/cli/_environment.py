"""What must be settled before other modules are loaded: imported before all else."""

import gc
import os

# NumPy's threads for linear algebra, of which there is next to none, would take longer to start
# than a run of a small world. Whoever sets their number gets it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# To load all takes some hundred thousand objects. To look through them for garbage, as they become
# more and more, takes a tenth of the time.
gc.set_threshold(100_000)
