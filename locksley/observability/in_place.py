"""What all that stand in the place of an order database, or of an exchange, have in common."""

from typing import Any, Generic, TypeVar

T = TypeVar("T")


class InPlaceOf(Generic[T]):
    """Whatever a subclass does not name is the real one's own."""

    def __init__(self, real: T) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        setattr(self, name, found)  # the next look-up finds it at once
        return found


class Newest(Generic[T]):
    """By an id, at most `most`: what was kept longest ago is forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: dict[str, T] = {}

    def keep(self, name: str, value: T) -> None:
        self._of.pop(name, None)
        self._of[name] = value
        if len(self._of) > self._most:
            del self._of[next(iter(self._of))]

    def get(self, name: str) -> T | None:
        return self._of.get(name)
