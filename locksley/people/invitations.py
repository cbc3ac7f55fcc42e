"""The code of an invitation: random, told once, good once; what is stored is its digest."""

import hashlib

INVITATION_PREFIX = "li_"


def digest_of(code: str) -> bytes:
    """One round is enough: the code is random, there is nothing to guess."""
    return hashlib.sha256(code.encode(errors="replace")).digest()
