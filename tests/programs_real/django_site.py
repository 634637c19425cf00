"""A Django project in one file: `python django_site.py runserver`."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

MEETING = 4
"""Requests to /meet/ are answered in groups of so many that are handled at the same time."""

meeting = threading.Barrier(MEETING)
mine = threading.local()


def meet(request: HttpRequest) -> HttpResponse:
    mine.visitor = request.headers["X-Visitor"]
    meeting.wait()
    # Four requests are in here now: the value has to be that of this thread.
    return JsonResponse({"visitor": mine.visitor, "path": request.get_full_path()})


def visit(request: HttpRequest) -> HttpResponse:
    visitor = request.headers["X-Visitor"]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO visits (visitor) VALUES (%s)", [visitor])
        cursor.execute("SELECT count(*) FROM visits WHERE visitor = %s", [visitor])
        (count,) = cursor.fetchone()
    return JsonResponse({"visitor": visitor, "visit": count})


async def nap(request: HttpRequest) -> HttpResponse:
    # A view in a loop of its own, and from there on a thread of a pool.
    threads = {threading.get_ident(), await sync_to_async(threading.get_ident)()}
    return JsonResponse({"visitor": request.headers["X-Visitor"], "threads": len(threads)})


def stream(request: HttpRequest, words: int) -> StreamingHttpResponse:
    def pieces() -> Iterator[str]:
        for word in range(words):
            yield f"{request.headers['X-Visitor']}:{word}\n"

    return StreamingHttpResponse(pieces(), content_type="text/plain")


def fail(request: HttpRequest) -> HttpResponse:
    raise LookupError(f"nothing for {request.headers['X-Visitor']}")


def total(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT visitor) FROM visits")
        visits, visitors = cursor.fetchone()
    return JsonResponse({"total": visits, "visitors": visitors})


urlpatterns = [
    path("meet/", meet),
    path("visit/", visit),
    path("nap/", nap),
    path("stream/<int:words>/", stream),
    path("fail/", fail),
    path("total/", total),
]

if __name__ == "__main__":
    database = Path("visits.sqlite3")
    database.unlink(missing_ok=True)
    settings.configure(
        DEBUG=True,
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="__main__",
        SECRET_KEY="for tests",
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": database,
                "OPTIONS": {"timeout": 60},
            }
        },
    )
    django.setup()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE visits (visitor TEXT)")
    connection.close()
    execute_from_command_line(sys.argv)
