"""Compiled code that workers are told to call; a file of its own, as it takes long to load."""

import numba


@numba.njit(nogil=True)
def endless(n):
    """Never ends if n > 0."""
    while n > 0:
        n += 1 if n < 1000 else -1
    return n


def threads():
    return numba.get_num_threads()
