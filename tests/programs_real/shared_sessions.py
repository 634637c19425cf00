"""One `requests.Session` shared by threads: a pool of connections that blocks when all are in use."""

import http.server
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import requests
from requests.adapters import HTTPAdapter

CONNECTIONS = 3
THREADS = 8
REQUESTS = 20


class Echo(http.server.BaseHTTPRequestHandler):
    """Keeps connections open, and counts them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    connections = 0
    counting = threading.Lock()

    def setup(self) -> None:
        super().setup()
        with self.counting:
            type(self).connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps({"path": self.path, "body": body.decode()}).encode()
        if self.path == "/moved":
            self.send_response(303)
            self.send_header("Location", "/here")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self) -> None:
        cookie = self.headers.get("Cookie", "none")
        self.send_response(200 if self.path == "/here" else 404)
        self.send_header("Set-Cookie", "seen=yes")
        self.send_header("Content-Length", str(len(cookie)))
        self.end_headers()
        self.wfile.write(cookie.encode())

    def log_message(self, *args: object) -> None:
        pass


def use(session: requests.Session, address: str, number: int) -> list[tuple[int, str]]:
    seen = []
    for index in range(REQUESTS):
        kind = ("/echo", "/moved", "/missing")[index % 3]
        if kind == "/missing":
            answer = session.get(address + kind, timeout=30)
            seen.append((answer.status_code, ""))
        else:
            answer = session.post(address + kind, data=f"{number}.{index}", timeout=30)
            # Redirected, it is another thread's turn with the cookies: only the answer counts.
            seen.append((answer.status_code, "" if kind == "/moved" else answer.json()["body"]))
    return seen


def main() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        serving = threading.Thread(target=server.serve_forever, args=[0.02], name="serving")
        serving.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        with requests.Session() as session:
            session.trust_env = False
            adapter = HTTPAdapter(pool_maxsize=CONNECTIONS, pool_block=True)
            session.mount("http://", adapter)
            with ThreadPoolExecutor(THREADS, thread_name_prefix="client") as pool:
                jobs = [pool.submit(use, session, address, number) for number in range(THREADS)]
                for number, job in enumerate(jobs):
                    seen = job.result()
                    wanted = [
                        ((200, f"{number}.{index}"), (200, ""), (404, ""))[index % 3]
                        for index in range(REQUESTS)
                    ]
                    print("thread", number, seen == wanted, len(seen))
            print("cookies", session.cookies.get_dict())
        server.shutdown()
        serving.join()
    print("no more connections than allowed:", 1 <= Echo.connections <= CONNECTIONS)


if __name__ == "__main__":
    main()
