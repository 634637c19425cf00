//! HTTP, as much of it as who fetches metrics needs: one request for one page, and its answer.

use httparse::{EMPTY_HEADER, Error, Request, Status};

use crate::observe::metrics::exposition::CONTENT_TYPE;

/// The longest head of a request, in bytes.
pub(super) const LONGEST: usize = 8192;
/// The most fields in it.
const MOST_FIELDS: usize = 64;
const PAGE: &str = "/metrics";

/// What a request is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The page; `body` is false where only its head was asked for.
    Page {
        /// Whether the page itself is wanted.
        body: bool,
    },
    BadRequest,
    NotFound,
    WrongMethod,
    TooLarge,
}

/// Reads the head of a request; `None` when it is not complete. More does not come if `is_all`.
pub(super) fn parse(received: &[u8], is_all: bool) -> Option<Verdict> {
    let mut fields = [EMPTY_HEADER; MOST_FIELDS];
    let mut request = Request::new(&mut fields);
    match request.parse(received) {
        Ok(Status::Complete(_)) => {
            Some(judge(request.method.unwrap_or_default(), request.path.unwrap_or_default()))
        }
        Ok(Status::Partial) if received.len() >= LONGEST => Some(Verdict::TooLarge),
        Ok(Status::Partial) if is_all => Some(Verdict::BadRequest),
        Ok(Status::Partial) => None,
        Err(Error::TooManyHeaders) => Some(Verdict::TooLarge),
        Err(_) => Some(Verdict::BadRequest),
    }
}

fn judge(method: &str, target: &str) -> Verdict {
    let path = target.split_once('?').map_or(target, |(path, _)| path);
    match method {
        _ if path != PAGE => Verdict::NotFound,
        "GET" => Verdict::Page { body: true },
        "HEAD" => Verdict::Page { body: false },
        _ => Verdict::WrongMethod,
    }
}

/// The answer; `page` is what a page has to say.
pub(super) fn answer(verdict: Verdict, page: &str) -> Vec<u8> {
    let (status, kind, text) = match verdict {
        Verdict::Page { .. } => ("200 OK", CONTENT_TYPE, page),
        Verdict::BadRequest => ("400 Bad Request", PLAIN, "This is no HTTP request.\n"),
        Verdict::NotFound => ("404 Not Found", PLAIN, "Metrics are at /metrics.\n"),
        Verdict::WrongMethod => ("405 Method Not Allowed", PLAIN, "Metrics can be fetched only.\n"),
        Verdict::TooLarge => {
            ("431 Request Header Fields Too Large", PLAIN, "This request is too large.\n")
        }
    };
    let allow = if verdict == Verdict::WrongMethod { "Allow: GET, HEAD\r\n" } else { "" };
    let body = if verdict == (Verdict::Page { body: false }) { "" } else { text };
    let length = text.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{allow}Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

const PLAIN: &str = "text/plain; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(request: &str) -> Option<Verdict> {
        parse(request.as_bytes(), false)
    }

    #[test]
    fn the_page_is_given_to_those_who_get_it() {
        let page = |body| Some(Verdict::Page { body });
        assert_eq!(verdict("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"), page(true));
        assert_eq!(verdict("GET /metrics?name[]=a HTTP/1.0\r\n\r\n"), page(true));
        assert_eq!(verdict("HEAD /metrics HTTP/1.1\r\n\r\n"), page(false));
    }

    #[test]
    fn everything_else_is_refused_by_what_is_wrong_with_it() {
        assert_eq!(verdict("GET / HTTP/1.1\r\n\r\n"), Some(Verdict::NotFound));
        assert_eq!(verdict("POST /metrics HTTP/1.1\r\n\r\n"), Some(Verdict::WrongMethod));
        assert_eq!(verdict("\u{1}\u{2}\r\n\r\n"), Some(Verdict::BadRequest));
        let many = "a: b\r\n".repeat(MOST_FIELDS + 1);
        let many = format!("GET /metrics HTTP/1.1\r\n{many}\r\n");
        assert_eq!(verdict(&many), Some(Verdict::TooLarge));
        let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(LONGEST));
        assert_eq!(parse(&long.as_bytes()[..LONGEST], false), Some(Verdict::TooLarge));
    }

    #[test]
    fn what_is_not_complete_is_waited_for_unless_nothing_comes() {
        let request = b"GET /metrics HTTP/1.1\r\nHost";
        assert_eq!(parse(request, false), None);
        assert_eq!(parse(request, true), Some(Verdict::BadRequest));
    }
}
