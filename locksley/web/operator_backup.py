"""For the operator: a backup of the data directory, as a stream."""

from locksley.web.call import Call
from locksley.web.services import Services

MEDIA_TYPE = "application/x-tar"


async def backup(services: Services, call: Call) -> None:
    stream = services.desk.backups.begin()
    call.end = stream.end
    await stream.prepare()
    call.resp.content_type = MEDIA_TYPE
    call.resp.stream = stream
