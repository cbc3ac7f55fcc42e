"""A body that says a member twice does not say which one is meant."""

import msgspec
import pytest

from locksley.domain.errors import Malformed
from locksley.orders.request import OrderRequest
from locksley.web.decoding import body_decoder
from locksley.web.operator_routes import OPERATOR_ROUTES
from locksley.web.people import NewToken
from locksley.web.routes import ROUTES

order = body_decoder(OrderRequest)
token = body_decoder(NewToken)


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ('{"position":"buy","symbol":"META","numShares":1,"numShares":100}', "numShares"),
        ('{"position":"buy","symbol":"META","numShares":1,"numShares":1}', "numShares"),
        ('{"position":"buy", "numShares" : 1, "symbol":"META", "num\\u0053hares" : 2}', "numShares"),
        ('{"priceInCents":1,"position":"buy","symbol":"META","numShares":1,"priceInCents":null}', "priceInCents"),
    ],
)
def test_member_twice(body: str, member: str) -> None:
    with pytest.raises(Malformed) as refused:
        order("application/json", body.encode())
    assert refused.value.members["member"] == member
    assert "is there 2 times" in refused.value.message


@pytest.mark.parametrize("name", ["name", '\\"name\\":', "a:b:c", "\\u006eame"])
def test_words_that_look_like_a_member(name: str) -> None:
    assert token("application/json", f'{{"name":"{name}"}}'.encode())
    assert order("application/json", b'{"position":"buy","symbol":"symbol","numShares":1,"priceInCents":5}')


def test_bodies_are_flat() -> None:
    """Members of members would have to be looked for by name too."""
    assert [
        (route.path, field.name)
        for route in (*ROUTES, *OPERATOR_ROUTES)
        if route.body is not None
        for field in msgspec.structs.fields(route.body)
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct)
    ] == []
