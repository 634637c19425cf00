"""A web application for Flask's development server: `flask --app flask_app run`."""

import logging
import threading
from collections.abc import Iterator

from flask import Flask, Response, g, jsonify, request, stream_with_context

MEETING = 4
"""Requests to /meet are answered in groups of so many that are handled at the same time."""

app = Flask(__name__)
meeting = threading.Barrier(MEETING)
counting = threading.Lock()
visits: dict[str, int] = {}
reported = logging.getLogger("visits")


@app.before_request
def remember_the_visitor() -> None:
    g.visitor = request.headers["X-Visitor"]


@app.get("/visit")
def visit() -> Response:
    with counting:
        visits[g.visitor] = visits.get(g.visitor, 0) + 1
        return jsonify(visitor=g.visitor, visit=visits[g.visitor])


@app.get("/meet")
def meet() -> Response:
    meeting.wait()
    # Four requests are in here now: `g` and `request` have to be those of this thread.
    return jsonify(visitor=g.visitor, path=request.full_path)


@app.post("/stream")
def stream() -> Response:
    words = request.get_json()

    def pieces() -> Iterator[str]:
        for word in words:
            yield f"{g.visitor}:{word}\n"

    return Response(stream_with_context(pieces()), mimetype="text/plain")


@app.get("/fail")
def fail() -> Response:
    raise LookupError(f"nothing for {g.visitor}")


@app.get("/total")
def total() -> Response:
    with counting:
        reported.warning("asked for the total by %s", g.visitor)
        return jsonify(total=sum(visits.values()), visitors=len(visits))
