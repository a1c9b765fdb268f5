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

from threading import Event

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
    """Handed to long calls; whoever holds it may ask them to stop."""

    def __init__(self) -> None:
        self._event = Event()

    def cancel(self) -> None:
        """Ask the long call to stop at its next safe point."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise :class:`Cancelled` when somebody asked to stop."""
        if self._event.is_set():
            raise Cancelled
