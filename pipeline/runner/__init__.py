"""Runner: one stage on one asset: look up, ask the gate, do, sign, keep."""

from pipeline.runner.parts import Parts, Redo
from pipeline.runner.runner import Runner, row_of

__all__ = ["Parts", "Redo", "Runner", "row_of"]
