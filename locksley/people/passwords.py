"""Hashing and checking passwords, off the event loop, few at a time and few waiting."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

import argon2

from locksley.people.errors import PasswordsBusy

T = TypeVar("T")


class Passwords:
    """`executor` has as many threads as passwords may be worked on at once."""

    def __init__(self, hasher: argon2.PasswordHasher, executor: Executor, waiting_max: int) -> None:
        self._hasher = hasher
        self._executor = executor
        self._waiting_max = waiting_max
        self._waiting = 0
        self._nobodys_hash: str | None = None

    async def hash(self, password: str) -> str:
        """Raises `PasswordsBusy` when too many wait already."""
        return await self._run(lambda: self._hasher.hash(password))

    async def check(self, password: str, password_hash: str | None) -> bool:
        """Whether it is the password. Without a hash (nobody has this email), or with what is none (of an account that nobody signs in to
        any more), it takes as long, and is False."""
        return await self._run(lambda: self._check(password, password_hash))

    def is_outdated(self, password_hash: str) -> bool:
        return self._hasher.check_needs_rehash(password_hash)

    def _check(self, password: str, password_hash: str | None) -> bool:
        try:
            self._hasher.verify(password_hash or self._hash_of_nobody(), password)
        except argon2.exceptions.VerificationError:
            return False
        except argon2.exceptions.InvalidHashError:
            return password_hash is not None and self._check(password, None)
        return True

    def _hash_of_nobody(self) -> str:
        if self._nobodys_hash is None:
            self._nobodys_hash = self._hasher.hash(secrets.token_urlsafe())
        return self._nobodys_hash

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._waiting_max:
            raise PasswordsBusy(retryAfterMs=1_000)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._waiting -= 1
