"""What an email and a password may look like, and their normal forms."""

import re
import unicodedata

from locksley.domain.errors import Malformed
from locksley.people.port import RESET_DOMAIN

EMAIL_CHARS_MAX = 254
NAME_CHARS_MAX = 100

# One @, something on either side, a dot inside the domain; nothing that a header or a terminal could stumble over.
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}")


def normal_email(email: str) -> str:
    """Trimmed, NFC, case folded. Raises `Malformed`."""
    normal = unicodedata.normalize("NFC", unicodedata.normalize("NFC", email.strip()).casefold())
    if len(normal) > EMAIL_CHARS_MAX or not _EMAIL.fullmatch(normal) or _has(normal, "Cc", "Cs", "Cf"):
        raise Malformed("This is not an email address; one looks like ada@example.org.", member="email")
    return normal


def new_email(email: str) -> str:
    """The normal form of one that somebody may sign up with. Raises `Malformed`."""
    normal = normal_email(email)
    if normal.endswith(f"@{RESET_DOMAIN}"):
        raise Malformed(f"Nobody has an email address at {RESET_DOMAIN}; give your own.", member="email")
    return normal


def normal_password(password: str, chars_min: int, chars_max: int, member: str = "password") -> str:
    """NFKC, so that it is the same however a keyboard composes it. Raises `Malformed`."""
    if len(password) > 4 * chars_max:
        raise _wrong_length(chars_min, chars_max, member)
    normal = unicodedata.normalize("NFKC", password)
    if not chars_min <= len(normal) <= chars_max:
        raise _wrong_length(chars_min, chars_max, member)
    if _has(normal, "Cc", "Cs"):
        raise Malformed("A password has no control characters.", member=member)
    return normal


def normal_name(name: str) -> str:
    """The name of a token. Raises `Malformed`."""
    normal = unicodedata.normalize("NFC", name.strip())
    if not 1 <= len(normal) <= NAME_CHARS_MAX or _has(normal, "Cc", "Cs", "Cf"):
        raise Malformed(f"A name has 1 to {NAME_CHARS_MAX} characters, all of them visible.", member="name")
    return normal


def _wrong_length(chars_min: int, chars_max: int, member: str) -> Malformed:
    return Malformed(f"A password has {chars_min} to {chars_max} characters.", member=member)


def _has(text: str, *categories: str) -> bool:
    return any(unicodedata.category(char) in categories for char in text)
