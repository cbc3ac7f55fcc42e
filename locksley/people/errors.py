"""Refusals that only signing up, signing in and tokens know."""

from locksley.domain.errors import Refusal


class TooManyTokens(Refusal):
    """There are too many tokens already; delete one that is not used any more."""

    code = "too_many_tokens"


class TooManySignIns(Refusal):
    """Too many failed sign-ins with this email; wait before the next try."""

    code = "too_many_sign_ins"


class PasswordsBusy(Refusal):
    """Too many people are signing in at this moment; try again shortly."""

    code = "sign_in_busy"


class BadInvitation(Refusal):
    """Signing up here needs an invitation, and this is none, or it is used, revoked or expired; ask the operator for one."""

    code = "bad_invitation"
