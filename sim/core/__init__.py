"""The arrays of an ecosystem and the compiled rules that advance them: NumPy and Numba alone."""
