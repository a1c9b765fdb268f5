"""The engine's own process: what :mod:`desktop.engine_process` starts and speaks to.

Light at first: the parts that take seconds to import are imported while it already answers.
"""

from desktop.engine_room.room import serve

__all__ = ["serve"]
