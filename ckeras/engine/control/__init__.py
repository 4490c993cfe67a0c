"""Control flow in traces: functions that become graphs inside a node of a graph."""

from ckeras.engine.control.body import Body
from ckeras.engine.control.loop import loop
from ckeras.engine.control.switch import switch
from ckeras.engine.control.unused import drop_unused

__all__ = ["Body", "drop_unused", "loop", "switch"]
