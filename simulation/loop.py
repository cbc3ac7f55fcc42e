"""An event loop whose time is simulated and whose processes can be killed.

Time moves only when nothing is ready to run, to the next timer. Every callback carries the process that scheduled it in its context
(`PROCESS`); those of a killed process are dropped, as SIGKILL would: no `finally`, no cancellation, no last write.
"""

import asyncio
import contextvars
import heapq
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class ProcessDied(BaseException):
    """Raised into whatever a process was doing at the moment of its death, and by everything outside that it touches after."""


class Process:
    """A process of the simulation. `steps_left` counts down its callbacks to the one at which it dies; None: it lives on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.steps_left: int | None = None
        self.on_death: list[Callable[[], None]] = []

    def kill(self) -> None:
        if self.alive:
            self.alive = False
            for callback in self.on_death:
                callback()

    def check_alive(self) -> None:
        if not self.alive:
            raise ProcessDied(self.name)

    def step(self) -> bool:
        """Count a callback; whether the process lives to run it."""
        if self.alive and self.steps_left is not None:
            self.steps_left -= 1
            if self.steps_left <= 0:
                self.kill()
        return self.alive


PROCESS: contextvars.ContextVar[Process | None] = contextvars.ContextVar("process", default=None)


class SimulatedLoop(asyncio.BaseEventLoop):
    """Runs callbacks in the order scheduled, like asyncio's own, with time that costs nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 0.0
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._timer_number = 0
        self._kept: list[object] = []
        self._ended: Exception | None = None
        self.steps = 0
        self.failures: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _loop, context: self._failed(context))

    def __del__(self) -> None:
        pass  # it holds no file and no socket: there is nothing to close, nor to warn of

    def time(self) -> float:
        return self._now_s

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        self._timer_number += 1
        heapq.heappush(self._timers, (when, self._timer_number, timer))
        return timer

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        pass  # a cancelled timer is passed over when its time comes

    def run_task(self, main: Coroutine[Any, Any, T]) -> T:
        """Run `main` to its end; raises what it raises, and RuntimeError if it waits for something that never comes."""
        asyncio._set_running_loop(self)
        try:
            task = self.create_task(main)
            while not task.done():
                if self._ended is not None:
                    raise self._ended
                self._run_ready()
                if not task.done() and not self._ready:  # type: ignore[attr-defined]
                    self._advance()
            if self._ended is not None:
                raise self._ended
            return task.result()
        finally:
            asyncio._set_running_loop(None)

    def end(self, error: Exception) -> None:
        """End `run_task` with this, once the callback that runs is over."""
        self._ended = error

    def spawn(self, process: Process | None, main: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        """Start a task in a process; everything that it schedules belongs to that process."""
        context = contextvars.copy_context()
        context.run(PROCESS.set, process)
        task = self.create_task(main, context=context)
        self._kept.append(task)  # a killed task must not be collected, which would run its `finally`
        return task

    def _run_ready(self) -> None:
        ready = self._ready  # type: ignore[attr-defined]
        for _ in range(len(ready)):
            handle = ready.popleft()
            if handle._cancelled:
                continue
            process = handle._context.get(PROCESS)
            if process is not None and not process.step():
                self._kept.append(handle)
                continue
            self.steps += 1
            handle._run()

    def _advance(self) -> None:
        while self._timers:
            when, _, timer = heapq.heappop(self._timers)
            if timer._cancelled:
                continue
            self._now_s = max(self._now_s, when)
            self._ready.append(timer)  # type: ignore[attr-defined]
            return
        raise RuntimeError("nothing will ever happen again, but the run is not over")

    def _failed(self, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), ProcessDied):
            self.failures.append(context)

    def _write_to_self(self) -> None:
        pass

    def _process_events(self, event_list: object) -> None:
        pass
