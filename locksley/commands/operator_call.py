"""A request of the operator to the broker that runs on a data directory: the file in it has the address and the token."""

import http
import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from locksley.commands.failing import BAD_USE, BadUse, Failed

ANSWER_S_MAX = 600
FILE = "operator.json"


class Refused(Failed):
    """The broker said no, or nothing. `document` is what `--json` says of it, as of a person's refusal."""

    def __init__(self, message: str, code: str, *, may_have_happened: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.document = {"error": {"code": code, "detail": message, "mayHaveHappened": may_have_happened}}


class Misused(Refused):
    """It was asked for in a way that can not be done."""

    exit_code = BAD_USE


def ask(data_dir: Path, method: str, path: str, body: Any = None, **query: str | int) -> tuple[Any, str | None]:
    """The answer, and the path of the next page if there is one. Raises `BadUse`, `Refused`."""
    url, token = access(data_dir)
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=ANSWER_S_MAX)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    try:
        target = f"{path}?{urlencode(query)}" if query else path
        connection.request(method, target, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        answer = json.loads(response.read() or b"null")
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise Misused(
            f"no broker answers at {url} ({error}); start it: locksley up --data-dir {data_dir}",
            "no_answer",
            may_have_happened=not isinstance(error, ConnectionRefusedError),
        ) from None
    finally:
        connection.close()
    if response.status == http.HTTPStatus.UNAUTHORIZED:
        raise BadUse(f"the broker at {url} is not the one that runs on {data_dir}; name its --data-dir")
    if response.status >= http.HTTPStatus.BAD_REQUEST:
        raise _refused(response.status, answer)
    return answer, _next(response.getheader("Link"))


def _refused(status: int, problem: Any) -> Refused:
    told = problem if isinstance(problem, dict) else {}
    kind = Misused if status == http.HTTPStatus.BAD_REQUEST else Refused
    return kind(
        str(told.get("detail", f"the broker answered {status}; see its log")), str(told.get("code", "not_understood"))
    )


def access(data_dir: Path) -> tuple[str, str]:
    path = data_dir / FILE
    try:
        access = json.loads(path.read_text())
        return str(access["url"]), str(access["token"])
    except FileNotFoundError:
        raise BadUse(
            f"no broker has run on {data_dir}; name its --data-dir, or start it: locksley up --data-dir {data_dir}"
        ) from None
    except PermissionError:
        raise BadUse(f"{path} is for the owner of the broker only; run this as whoever runs the broker") from None
    except (OSError, ValueError, LookupError, TypeError):
        raise BadUse(f"{path} can not be read; start the broker again, which writes it anew") from None


def _next(link: str | None) -> str | None:
    return link[link.index("<") + 1 : link.index(">")] if link else None
