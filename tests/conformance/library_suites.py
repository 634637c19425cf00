"""The group `library`: CPython's tests of the standard library's modules that lean on threads.

Nothing in them is ironthread's own. What counts is that each test which passes on the standard
library passes with ironthread installed. A module has one process; of the long ones only the tests
are run that have to do with threads.
"""

from .suite import LEANS, Suite

THREADS = (
    Suite("test_sched", "sched's lock"),
    Suite("test_socketserver", "ThreadingMixIn", resources=("network",)),  # on this machine only
    Suite("test_threadedtempfile", "temporary files made by many threads"),
    Suite("test_tempfile", "the lock around its names"),
    Suite("test_logging", "locks of handlers, QueueHandler, QueueListener, fork"),
    Suite("test_importlib.test_threaded_import", "imports by many threads"),
    Suite("test_importlib.test_locks", "the locks of modules"),
    Suite("test_importlib.test_lazy", "the lock of a lazy module"),
    Suite("test_functools", "locks of lru_cache and cached_property"),
    Suite("test_reprlib", "get_ident, by which recursion is seen"),
    Suite("test_genericalias", "queue.Queue[int]"),
    Suite("test_inspect.test_inspect", "signatures", about_threads=True),
    Suite("test___all__", "the names that modules export"),
    Suite("test_context", "contextvars in threads"),
    Suite("test_contextlib", "locks as context managers"),
    Suite("test_weakref", "weak containers used by threads"),
    Suite("test_gc", "collections while threads run"),
    Suite("test_enum", "threads", about_threads=True),
    Suite("test_email.test_email", "threads", about_threads=True),
    Suite("test_super", "threads", about_threads=True),
    Suite("test_itertools", "tee in threads", about_threads=True),
    Suite("test_decimal", "a context for each thread", about_threads=True, resources=("decimal",)),
    Suite("test_hashlib", "hashing by many threads", about_threads=True),
    Suite("test_bz2", "compressing by many threads", about_threads=True),
    Suite("test_sqlite3.test_dbapi", "use by the wrong thread", about_threads=True),
    Suite("test_syslog", "threads", about_threads=True),
    Suite("test_unittest.testmock.testthreadingmock", "ThreadingMock"),
    Suite("test_code", "threads", about_threads=True),
    Suite("test_opcache", "threads", about_threads=True),
    Suite("test_free_threading", "threads on everything built in"),
    Suite("test_warnings", "filters of threads", about_threads=True),
)

INTERPRETER = (
    Suite(
        "test_io",
        "files used by threads, signals",
        about_threads=True,
        besides=("*Signals*", "*daemon*"),
    ),
    Suite("test_time", "clocks of threads", about_threads=True),
    Suite("test_sys", "frames of threads, switching", about_threads=True),
    Suite("test_faulthandler", "stacks of all threads"),
    Suite("test_frame", "threads", about_threads=True),
    Suite("test_sys_setprofile", "profiling"),
    Suite("test_bdb", "the debugger"),
    Suite("test_trace", "threading.settrace"),
    Suite("test_pdb", "the debugger and threads", about_threads=True),
    Suite("test_signal", "signals and threads"),
    Suite("test_fork1", "fork from threads"),
    Suite("test_os", "fork while threads run", about_threads=True),
    Suite("test_poll", "poll in threads", about_threads=True),
    Suite("test_capi.test_misc", "pending calls, thread states", about_threads=True),
    Suite("test_ctypes.test_errno", "an errno for each thread", about_threads=True),
    Suite("test_interpreters.test_api", "interpreters and threads", about_threads=True),
    Suite("test_interpreters.test_queues", "queues between interpreters", about_threads=True),
    Suite("test_external_inspection", "stacks of threads, from outside", about_threads=True),
)

PROCESSES = (
    Suite("test_subprocess", "the threads of communicate(), the lock of wait()"),
    Suite(
        "_test_multiprocessing",
        "multiprocessing.dummy, ThreadPool; fork from threads",
        tests=(
            "WithThreads*",
            "*Thread*",
            "*ForkAware*",
            "TestFlags.*",
            "TestResourceTracker.*",
        ),
    ),
)

FUTURES = tuple(
    Suite(
        f"test_concurrent_futures.{module}",
        what,
        without=("ProcessPool*", "FailingInitializerResources*", "InterpreterPool*"),
        # (test_init has no name for them; it makes its pools by what test_thread_pool makes them by.)
        subjects={
            "*": LEANS
            if module == "test_init"
            else ("futures.ThreadPoolExecutor", "futures.Future"),
        },
        lent=True,
    )
    for module, what in {
        "test_thread_pool": "ThreadPoolExecutor",
        "test_wait": "wait()",
        "test_as_completed": "as_completed()",
        "test_future": "Future",
        "test_init": "initializers",
        "test_shutdown": "shutdown, exit of the interpreter",
        "test_deadlock": "deadlocks",
    }.items()
)

ASYNCIO = tuple(
    Suite(f"test_asyncio.{module}", what)
    for module, what in {
        "test_futures": "wrap_future",
        "test_threads": "to_thread",
        "test_runners": "runners and signals",
        "test_events": "run_in_executor, call_soon_threadsafe",
        "test_base_events": "the default executor, checks of the thread",
        "test_tasks": "run_coroutine_threadsafe",
        "test_unix_events": "watchers of child processes, fork",
        "test_subprocess": "watchers of child processes",
        "test_server": "loops in threads",
        "test_streams": "servers in threads",
        "test_sendfile": "the executor as a fall-back",
    }.items()
)

NETWORK = (
    Suite("test_httpservers", "ThreadingHTTPServer"),
    Suite("test_httplib", "servers in threads", about_threads=True),
    Suite("test_xmlrpc", "servers in threads"),
    Suite("test_docxmlrpc", "a server in a thread"),
    Suite("test_smtplib", "servers in threads"),
    Suite("test_ftplib", "servers in threads"),
    Suite("test_poplib", "servers in threads"),
    Suite("test_imaplib", "servers in threads"),
    Suite("test_wsgiref", "signals and threads", about_threads=True),
    Suite("test_urllib2_localnet", "servers in threads"),
    Suite(
        "test_robotparser",
        "servers in threads",
        tests=("*Server*", "*Password*", "*Local*"),
        resources=("network",),  # on this machine only
    ),
    Suite("test_telnetlib", "servers in threads"),
    Suite("test_nntplib", "servers in threads", tests=("*Local*", "*Server*")),
    Suite("test_asyncore", "servers in threads"),
    Suite("test_asynchat", "servers in threads"),
    Suite("test_ssl", "servers in threads", about_threads=True),
    Suite("test_socket", "both ends of a connection in threads", about_threads=True),
    Suite("test_pydoc", "a server in a thread", about_threads=True),
    Suite("test_pydoc.test_pydoc", "a server in a thread", about_threads=True),
)

LIBRARY = (*FUTURES, *PROCESSES, *NETWORK, *ASYNCIO, *INTERPRETER, *THREADS)
