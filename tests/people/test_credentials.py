import pytest

from locksley.domain.errors import Malformed
from locksley.people.credentials import normal_email, normal_name, normal_password


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  Ada@Example.ORG\n", "ada@example.org"),
        ("a.b+c@sub.example.co.uk", "a.b+c@sub.example.co.uk"),
        ("Jose\u0301@exa\u0301mple.org", "jos\u00e9@ex\u00e1mple.org"),
        ("STRASSE@stra\u00dfe.de", "strasse@strasse.de"),
    ],
)
def test_email(given: str, normal: str) -> None:
    assert normal_email(given) == normal
    assert normal_email(normal) == normal


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "ada@example",
        "ada@@example.org",
        "ada@ex ample.org",
        "a\x00da@example.org",
        "ada@example.org\r\nBcc: all@example.org",
        "<ada@example.org>",
        "a\u200bda@example.org",
        "a\u202eda@example.org",
        "a" * 65 + "@example.org",
        "ada@" + "a." * 130 + "org",
    ],
)
def test_no_email(email: str) -> None:
    with pytest.raises(Malformed) as refused:
        normal_email(email)
    assert refused.value.members == {"member": "email"}


@pytest.mark.parametrize("password", ["12345678", "x" * 128, "пароль 🔑 слово", "spaces are fine", "\u1100" * 8])
def test_password(password: str) -> None:
    assert normal_password(password, 8, 128) == password


def test_password_is_the_same_however_it_was_composed() -> None:
    assert normal_password("pa\u0308ssword", 8, 128) == normal_password("p\u00e4ssword", 8, 128)


@pytest.mark.parametrize(
    "password", ["", "1234567", "x" * 129, "\ufdfa" * 8, "pass\x00word", "pass\nword", "\ud800" * 8]
)
def test_no_password(password: str) -> None:
    with pytest.raises(Malformed) as refused:
        normal_password(password, 8, 128)
    assert refused.value.members == {"member": "password"}


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x1b[31m", "\u202e"])
def test_no_name(name: str) -> None:
    with pytest.raises(Malformed):
        normal_name(name)
