"""The error tree.

    VademecumError
    ├── UserProblem    tell the user: what happened and what to do; trying again changes nothing
    ├── TryAgain       a passing fault: the same call may succeed later
    └── Cancelled      the person asked to stop; nothing was lost

Anything else that escapes is our bug.  The words live in the message catalogue
(``core/messages``); an error carries the key and what goes into the sentence, so
that it can be said in the user's language.
"""

from __future__ import annotations

from threading import Condition

from core.messages import say


class VademecumError(Exception):
    """Base of every error that the program raises on purpose."""

    def __init__(self, key: str, **details: object) -> None:
        super().__init__(key)
        self.key = key
        self.details = details

    def sentence(self, language: str = "en") -> str:
        """The sentence for the user: what happened and what to do."""
        return say(self.key, language, **self.details)

    def __str__(self) -> str:
        return self.sentence()

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.key, self.details))


def _rebuild(kind: type[VademecumError], key: str, details: dict[str, object]) -> VademecumError:
    return kind(key, **details)


class UserProblem(VademecumError):
    """Something the user can understand and act on."""


class TryAgain(VademecumError):
    """A passing fault: the same call may succeed later."""


class Cancelled(VademecumError):
    """The person asked to stop."""

    def __init__(self, key: str = "cancelled", **details: object) -> None:
        super().__init__(key, **details)


class CancelToken:
    """Handed to long calls; whoever holds it may ask them to stop, or to wait for a while.

    One made with ``outer`` also stops and waits when that one does.
    """

    def __init__(self, outer: CancelToken | None = None) -> None:
        self._outer = outer
        self._cancelled = False
        self._paused = False
        # One for the whole family: whoever waits must wake whichever of them changes.  Its lock may be taken twice by
        # one thread, so that a signal's handler may cancel.
        self._changed: Condition = Condition() if outer is None else outer._changed

    def cancel(self) -> None:
        """Ask the long call to stop at its next safe point, even while it waits."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def pause(self) -> None:
        """Ask the long call to wait at its next safe point, until :meth:`resume` or :meth:`cancel`."""
        self._paused = True

    def resume(self) -> None:
        """Let the long call go on."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._cancelled or (self._outer is not None and self._outer.cancelled)

    @property
    def paused(self) -> bool:
        """Whether somebody asked to wait."""
        return self._paused or (self._outer is not None and self._outer.paused)

    def check(self) -> None:
        """Wait as long as it is paused; raise :class:`Cancelled` when somebody asked to stop."""
        if self.paused:
            with self._changed:
                while self.paused and not self.cancelled:
                    # Not for ever at a time: Windows lets no Ctrl-C through to one who waits for ever.
                    self._changed.wait(1.0)
        if self.cancelled:
            raise Cancelled
