"""What lists are asked with."""

from typing import Annotated

import msgspec

from locksley.web import patterns
from locksley.web.shapes import Body

Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]
Text = Annotated[str, msgspec.Meta(max_length=256, extra_json_schema=patterns.READABLE)]


class ListQuery(Body):
    """`cursor` is one that the list gave in its `Link` header."""

    cursor: Text = ""
