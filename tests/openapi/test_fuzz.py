"""Whatever the description allows, and much that it does not, is answered as it says; with an exchange that behaves, and not."""

from typing import Any

from hypothesis import HealthCheck, settings

from tests.openapi.fuzzing import EXAMPLES, Line, api, probe
from tests.openapi.person import Person

ANY_NUMBER = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

everything = api(coverage=True)
anything = api(coverage=False)


@everything.parametrize()  # type: ignore[untyped-decorator]
@ANY_NUMBER
def test_signed_in(case: Any, person: Person, line: Line) -> None:
    person.lend(case)
    probe(case, line, person.port, person.token_for(case))


@anything.parametrize()  # type: ignore[untyped-decorator]
@ANY_NUMBER
def test_signed_out(case: Any, person: Person, line: Line) -> None:
    probe(case, line, person.port, None)
