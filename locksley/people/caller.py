"""Who calls, once it is known."""

from locksley.people.port import Asking
from locksley.people.sessions import Session


class Caller:
    """The person, and the session or the program's token that says so (one of them)."""

    __slots__ = ("session", "token_id", "user_id")

    def __init__(self, user_id: str, session: Session | None, token_id: str | None) -> None:
        self.user_id = user_id
        self.session = session
        self.token_id = token_id

    @property
    def asking(self) -> Asking:
        return Asking(self.session.session_id if self.session is not None else None, self.token_id)
