"""The whole broker on a real socket, and people who have accounts there: the fixtures of the HTTP tests."""

from tests.web.conftest import ada, broker, newcomer, nobody

__all__ = ["ada", "broker", "newcomer", "nobody"]
