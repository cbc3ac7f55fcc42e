from tests.web.conftest import broker, newcomer, nobody

__all__ = ["broker", "newcomer", "nobody"]
