"""The application: the table of routes on Falcon, every error path a problem document, the entrance around it."""

from typing import Any

import falcon
import falcon.asgi
import falcon.constants
import structlog

from locksley.domain import errors
from locksley.domain.errors import Refusal
from locksley.web.call import CALL, Call
from locksley.web.endpoint import responder
from locksley.web.entrance import ClientGone, Entrance
from locksley.web.measures import Measures
from locksley.web.operator_routes import OPERATOR_ROUTES
from locksley.web.problems import InternalError, MethodNotAllowed, NoSuchRoute, Problem
from locksley.web.route import Route
from locksley.web.routes import ROUTES
from locksley.web.services import Services

log = structlog.get_logger()


class Resource:
    """What Falcon knows of one path: a responder for each of its methods."""

    def __init__(self, routes: list[Route], services: Services, measures: Measures) -> None:
        for route in routes:
            respond = responder(route, services, measures)
            setattr(self, f"on_{route.method.lower()}", respond)
            if route.method == "GET" and not route.is_stream:
                self.on_head = respond


class Api:
    def __init__(self, services: Services) -> None:
        self._measures = Measures(services.registry, services.streams)
        self._allowed: dict[str, str] = {}
        self._falcon = falcon.asgi.App()
        self._falcon.req_options.strip_url_path_trailing_slash = False
        self._falcon.resp_options.secure_cookies_by_default = False
        self._falcon.add_error_handler(Exception, self._on_error)
        self._falcon.add_error_handler(Refusal, self._on_refusal)
        self._falcon.add_error_handler(falcon.HTTPError, self._on_http_error)
        self._falcon.add_error_handler(ClientGone, _on_client_gone)
        routes = (*ROUTES, *OPERATOR_ROUTES)
        for path in dict.fromkeys(route.path for route in routes):
            self._add(path, [route for route in routes if route.path == path], services)
        self.application = Entrance(self._falcon, services.config)

    def _add(self, path: str, routes: list[Route], services: Services) -> None:
        resource = Resource(routes, services, self._measures)
        methods = {name.removeprefix("on_").upper() for name in vars(resource)}
        self._allowed[path] = ", ".join(sorted(methods | {"OPTIONS"}))
        self._falcon.add_route(path, resource)

    async def _on_refusal(self, _req: Any, resp: Any, refusal: Any, _params: Any) -> None:
        self._refuse(resp, refusal)

    async def _on_http_error(self, req: Any, resp: Any, error: Any, _params: Any) -> None:
        """What Falcon refuses by itself."""
        path = req.uri_template
        if isinstance(error, falcon.HTTPRouteNotFound):
            self._refuse(resp, NoSuchRoute())
        elif isinstance(error, falcon.HTTPMethodNotAllowed) or req.method not in falcon.constants.COMBINED_METHODS:
            allow = self._allowed.get(path, "")
            self._refuse(resp, MethodNotAllowed(f"This address takes {allow}.", allow=allow))
        else:
            self._refuse(resp, errors.Malformed(error.description or error.title))

    async def _on_error(self, req: Any, resp: Any, error: Any, _params: Any) -> None:
        call: Call = req.scope[CALL]
        log.error("request failed", request_id=call.request_id, path=req.path, exc_info=error)
        self._refuse(resp, InternalError())

    def _refuse(self, resp: Any, refusal: Refusal) -> None:
        problem = Problem(refusal)
        self._measures.refused(refusal.code)
        resp.status = falcon.code_to_http_status(problem.status)
        for name, value in problem.headers.items():
            resp.set_header(name, value)
        resp.data = problem.body


async def _on_client_gone(_req: Any, _resp: Any, error: Any, _params: Any) -> None:
    raise error
