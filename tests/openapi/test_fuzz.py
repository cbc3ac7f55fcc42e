"""Whatever the description allows, and much that it does not, is answered as it says; with an exchange that behaves, and not."""

from typing import Any

from hypothesis import HealthCheck, settings

from tests.openapi.fuzzing import EXAMPLES, Line, api, probe
from tests.openapi.person import Person

ANY_NUMBER = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

everything = api(coverage=True)
anything = api(coverage=False)
anything_or_not_now = api(coverage=False, statuses=(503,))


@everything.parametrize()  # type: ignore[untyped-decorator]
@ANY_NUMBER
def test_signed_in(case: Any, person: Person, line: Line) -> None:
    person.lend(case)
    probe(case, line, person.port, person.token_for(case))


@anything.parametrize()  # type: ignore[untyped-decorator]
@ANY_NUMBER
def test_signed_out(case: Any, person: Person, line: Line) -> None:
    probe(case, line, person.port, None)


@anything_or_not_now.parametrize()  # type: ignore[untyped-decorator]
@ANY_NUMBER
def test_signed_in_while_the_exchange_misbehaves(case: Any, misled_person: Person, line: Line) -> None:
    misled_person.lend(case)
    probe(case, line, misled_person.port, misled_person.token_for(case))
