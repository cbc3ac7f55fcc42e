"""As much of curl as the documents use, for machines that have none: `python -m tests.project.curl …`."""

import argparse
import sys
from urllib.error import HTTPError
from urllib.request import Request, urlopen


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-N", "--no-buffer", action="store_true")
    parser.add_argument("-s", "--silent", action="store_true")
    parser.add_argument("-S", "--show-error", action="store_true")
    parser.add_argument("-H", "--header", action="append", default=[])
    parser.add_argument("-d", "--data")
    parser.add_argument("-i", "--include", action="store_true")
    parser.add_argument("-X", "--request")
    parser.add_argument("url")
    options = parser.parse_args()
    data = options.data.encode() if options.data is not None else None
    headers = dict(header.split(": ", 1) for header in options.header)
    try:
        with urlopen(Request(options.url, data, headers, method=options.request), timeout=20) as response:
            if options.include:
                sys.stdout.write(f"{response.headers}")
                sys.stdout.flush()
            for line in response:
                sys.stdout.buffer.write(line)
                sys.stdout.buffer.flush()
    except HTTPError as error:
        sys.stdout.buffer.write(error.read())
        sys.exit(22)
    except BrokenPipeError:
        sys.exit(23)


if __name__ == "__main__":
    main()
