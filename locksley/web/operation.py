"""For whoever keeps the broker running: is it alive, is it ready, how is it doing."""

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from locksley.web import shapes
from locksley.web.call import Call
from locksley.web.problems import NotReady
from locksley.web.services import Services


async def healthz(_services: Services, _call: Call) -> shapes.Health:
    return shapes.Health(status="ok")


async def readyz(services: Services, _call: Call) -> shapes.Health:
    lacking = services.not_ready()
    if lacking:
        raise NotReady(f"Not ready: {', '.join(lacking)}.", lacking=list(lacking))
    return shapes.Health(status="ready")


async def metrics(services: Services, call: Call) -> None:
    call.resp.content_type = CONTENT_TYPE_PLAIN_0_0_4
    call.resp.data = generate_latest(services.registry)
