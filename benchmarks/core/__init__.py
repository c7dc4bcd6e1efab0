"""How fast the core is, against plain Mesa agents, C and itself: `python -m benchmarks.core`."""
