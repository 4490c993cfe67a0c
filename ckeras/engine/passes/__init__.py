"""Passes: each rewrites a traced graph, and can be switched off alone."""

from ckeras.engine.passes.pipeline import run, switched_off

__all__ = ["run", "switched_off"]
