"""Numba's compiler, but that LLVM may take as many numbers at once as the processor can.

For many processors with vectors of 512 bits LLVM prefers those of 256, because the first of them
slowed their clock down for it; those that came later do not. Results are the same to the bit.
"""

from typing import Any

from llvmlite import binding
from numba.core import compiler, compiler_machinery, lowering, typed_passes

CAN: bool = binding.get_host_cpu_features().get("avx512vbmi2", False)
"""Whether this processor came later: it also knows what these brought."""


class WideLower(lowering.Lower):
    """Says so of each function to LLVM."""

    def setup_function(self, fndesc: Any) -> None:
        """Begins a function; its set of attributes takes only those that llvmlite knows."""
        super().setup_function(fndesc)
        if CAN:
            set.add(self.function.attributes, '"prefer-vector-width"="512"')


@compiler_machinery.register_pass(mutates_CFG=True, analysis_only=False)
class WideLowering(typed_passes.NativeLowering):
    """The pass that turns Numba's own code into LLVM's."""

    _name = "wide_lowering"
    lowering_class = WideLower


class WideCompiler(compiler.CompilerBase):
    """Numba's compiler with that pass."""

    def define_pipelines(self) -> list[Any]:
        """Returns the one list of passes that a function goes through."""
        passes = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.passes = [
            (WideLowering if one is typed_passes.NativeLowering else one, what)
            for one, what in passes.passes
        ]
        passes.finalize()
        return [passes]
