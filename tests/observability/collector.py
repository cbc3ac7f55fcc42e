"""A collector of OpenTelemetry spans: a real HTTP server that takes OTLP and keeps what it was sent."""

import gzip
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Sent

STOP_S_MAX = 10


class Span(NamedTuple):
    name: str
    trace_id: bytes
    span_id: bytes
    parent_id: bytes
    attributes: Mapping[str, str | int]
    links: list[bytes]
    is_error: bool
    began_ns: int
    ended_ns: int


class Collector:
    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.services: set[str] = set()
        self.paths: set[str] = set()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.take(self.path, gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="collector")

    def __enter__(self) -> "Collector":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(STOP_S_MAX)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def take(self, path: str, body: bytes) -> None:
        self.paths.add(path)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for attribute in resource.resource.attributes:
                if attribute.key == "service.name":
                    self.services.add(attribute.value.string_value)
            self.spans += [_span(span) for scope in resource.scope_spans for span in scope.spans]

    def named(self, name: str, **attributes: str | int) -> list[Span]:
        wanted = {f"locksley.{key}": value for key, value in attributes.items()}.items()
        return [span for span in self.spans if span.name == name and wanted <= span.attributes.items()]


def _span(sent: Sent) -> Span:
    values = {attribute.key: attribute.value for attribute in sent.attributes}
    return Span(
        sent.name,
        sent.trace_id,
        sent.span_id,
        sent.parent_span_id,
        {key: value.int_value if value.HasField("int_value") else value.string_value for key, value in values.items()},
        [link.trace_id for link in sent.links],
        sent.status.code == sent.status.STATUS_CODE_ERROR,
        sent.start_time_unix_nano,
        sent.end_time_unix_nano,
    )
