"""A client of the DTI graph in one file: copy it. Python 3.9 or newer, standard library only.

    from dti import query, pages, export_rows, follow

The platform is DTI_URL (http://127.0.0.1:4000 when it is not set); DTI_TOKEN, if there is one, signs in.
"""

import csv
import http.client
import io
import json
import os
import random
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

URL = os.environ.get("DTI_URL", "http://127.0.0.1:4000").rstrip("/")
TIMEOUT = 30  # seconds; the platform gives an operation 10
QUIET = 40  # seconds; an event stream says at least a comment every 12
BUSY = ("STARTING", "RATE_LIMITED", "TOO_MANY_OPERATIONS")  # what is over in a while


class DtiError(Exception):
    """What the platform refuses. `code` is for programs, such as NOT_FOUND; the message is for people."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code

    @staticmethod
    def of(errors):
        first = errors[0]
        return DtiError(first.get("extensions", {}).get("code", "UNKNOWN"), first["message"])


def _open(path, accept, body=None, timeout=TIMEOUT):
    headers = {"accept": accept}
    if "DTI_TOKEN" in os.environ:
        headers["authorization"] = f"Bearer {os.environ['DTI_TOKEN']}"
    if body is not None:
        headers["content-type"] = "application/json"
        body = json.dumps(body).encode()
    request = urllib.request.Request(URL + path, body, headers)
    try:
        return urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        # Errors are JSON with codes, whatever the status is; only a proxy in between answers something else.
        with error:
            text = error.read().decode("utf-8", "replace")
        try:
            errors = json.loads(text)["errors"]
        except (ValueError, KeyError, TypeError):
            raise DtiError("UNREACHABLE", f"{URL} answered {error.code}") from None
        raise DtiError.of(errors) from None


def query(document, variables=None):
    """Returns the data of an operation. Values go into `variables`, never into the text of the document."""
    with _open("/graphql", "application/json", {"query": document, "variables": variables or {}}) as answer:
        result = json.load(answer)
    if result.get("errors"):
        raise DtiError.of(result["errors"])
    return result["data"]


def pages(document, variables=None):
    """Yields the nodes of a list, page after page. The document has one root field and the variable $after.

    A cursor keeps the state of the first page, so no row is missed or comes twice while figures change.
    """
    after = None
    while True:
        (rows,) = query(document, {**(variables or {}), "after": after}).values()
        yield from (edge["node"] for edge in rows["edges"])
        if not rows["pageInfo"]["hasNextPage"]:
            return
        after = rows["pageInfo"]["endCursor"]


def export_rows(table, **arguments):
    """Yields the rows of /export/<table>.csv as dictionaries of texts, as they arrive: a large file needs no memory."""
    with _open(f"/export/{table}.csv?{urllib.parse.urlencode(arguments)}", "text/csv") as answer:
        # newline="": the csv module itself knows which line ends are within a cell.
        yield from csv.DictReader(io.TextIOWrapper(answer, "utf-8", newline=""))


def follow(document, variables=None):
    """Yields the events of a subscription over Server-Sent Events, for as long as they are taken.

    The document declares $since: String, hands it to its field, and selects revision, previousRevision and complete. After a
    lost connection the stream goes on behind the last revision, so that no event is lost and none comes twice.
    """
    since = None
    attempt = 0
    while True:
        try:
            body = {"query": document, "variables": {**(variables or {}), "since": since}}
            with _open("/graphql", "text/event-stream", body, QUIET) as stream:
                for result in _events(stream):
                    if result.get("errors"):
                        raise DtiError.of(result["errors"])
                    (event,) = result["data"].values()
                    if not event["complete"] and event["previousRevision"] != since:
                        since = None  # Something is missing: ask for the whole state.
                        break
                    since, attempt = event["revision"], 0
                    yield event
        except DtiError as error:
            if error.code not in (*BUSY, "UNREACHABLE"):
                raise  # It would be refused again.
            print(error, file=sys.stderr)
        except (OSError, http.client.HTTPException) as error:
            print(f"the connection was lost ({error!r})", file=sys.stderr)
        # Short at first, and never in step with all the others who lost the same gateway.
        wait = min(0.25 * 2**attempt, 5) * random.uniform(0.5, 1.5)
        attempt += 1
        print(f"again in {wait:.1f} s, since revision {since}", file=sys.stderr)
        time.sleep(wait)


def _events(stream):
    """The results in a stream of events: `event: next`, one line of `data:`, an empty line; others are comments."""
    for line in stream:
        if line.startswith(b"event: complete"):
            return
        if line.startswith(b"data: {"):
            yield json.loads(line[len(b"data: ") :])
