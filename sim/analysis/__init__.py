"""What a set of runs says: effects with intervals, trade-offs, sensitivity, discovery."""
