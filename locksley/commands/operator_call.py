"""A request of the operator to the broker that runs on a data directory: the file in it has the address and the token."""

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from locksley.commands.failing import BadUse, Failed

ANSWER_S_MAX = 600
FILE = "operator.json"


def ask(data_dir: Path, method: str, path: str, body: Any = None, **query: str | int) -> tuple[Any, str | None]:
    """The answer, and the path of the next page if there is one. Raises `BadUse`, `Failed`."""
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
        raise BadUse(f"no broker answers at {url} ({error}); start it: locksley up --data-dir {data_dir}") from None
    finally:
        connection.close()
    if response.status == 401:
        raise BadUse(f"the broker at {url} is not the one that runs on {data_dir}; name its --data-dir")
    if response.status == 400:
        raise BadUse(str(answer.get("detail", answer)))
    if response.status not in (200, 204):
        raise Failed(str(answer.get("detail", answer)))
    return answer, _next(response.getheader("Link"))


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
