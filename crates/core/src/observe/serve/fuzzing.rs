//! How the fuzzing targets (`fuzz/`) reach what reads bytes that others send. It is built for them only.
//!
//! Each function panics when what it was given is answered otherwise than is promised.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use serde_json::Value;

use super::client::{Client, Step};
use super::http::{self, Verdict};
use super::own::Own;
use super::question::{self, Refusal};
use crate::observe::kernel;

const PAGE: &str = "# HELP a b\n";

/// A line that is a question is understood, any other is refused, in one line that can be read.
pub fn question(line: &[u8]) {
    if let Err(refusal) = question::parse(line) {
        assert!(["bad-request", "unsupported-version"].contains(&refusal.code));
        assert_one_line(&refusal.to_json().to_string());
    }
}

fn assert_one_line(answer: &str) {
    assert!(!answer.contains('\n'));
    let found: Value = serde_json::from_str(answer).expect("an answer is JSON");
    assert!(found["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
}

/// A request is judged alike whether it comes whole or in pieces, and the answer is as long as it says.
pub fn request(data: &[u8]) {
    let Some((&step, received)) = data.split_first() else { return };
    let received = &received[..received.len().min(http::LONGEST)];
    let step = usize::from(step) + 1;
    let mut judged: Option<Verdict> = None;
    for end in (step..received.len()).step_by(step).chain([received.len()]) {
        let now = http::parse(&received[..end], false);
        assert!(judged.is_none() || judged == now, "{judged:?}, and then {now:?}");
        judged = now;
    }
    assert!(judged.is_some() || received.len() < http::LONGEST);
    let last = http::parse(received, true).expect("when no more comes it is judged");
    assert!(judged.is_none_or(|before| before == last));
    assert_whole(&http::answer(last, PAGE), last);
}

fn assert_whole(answer: &[u8], verdict: Verdict) {
    let answer = std::str::from_utf8(answer).expect("an answer is text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head ends with an empty line");
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let length: usize = length.and_then(|text| text.parse().ok()).expect("it tells its length");
    let is_head = verdict == Verdict::Page { body: false };
    assert_eq!(if is_head { PAGE.len() } else { body.len() }, length);
}

/// Whatever comes over a connection, piece by piece, it is over after as many steps as there are pieces;
/// who asked or was refused has an answer of one line. Each piece begins with its length.
pub fn conversation(mut data: &[u8]) {
    let (mut peer, stream) = UnixStream::pair().expect("there are descriptors");
    for each in [&peer, &stream] {
        each.set_nonblocking(true).expect("a socket can be made so");
    }
    let mut client = Client::new(Own::open(|| Ok(stream)).expect("it is open"), None);
    let mut over = false;
    while let Some((&length, rest)) = data.split_first() {
        let (piece, rest) = rest.split_at(usize::from(length).min(rest.len()));
        data = rest;
        peer.write_all(piece).expect("there is room");
        if !piece.is_empty() && step(&mut client) {
            over = true;
            break;
        }
    }
    peer.shutdown(Shutdown::Write).expect("it is connected");
    assert!(over || step(&mut client), "nothing more comes, and it goes on");
    drop(client);
    let mut answer = Vec::new();
    match peer.read_to_end(&mut answer) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
        _ => {}
    }
    if let Some(line) = answer.strip_suffix(b"\n") {
        assert_one_line(std::str::from_utf8(line).expect("an answer is text"));
    } else {
        assert!(answer.is_empty(), "the answer is cut off");
    }
}

/// Makes a step; tells whether it was the last. A question is answered.
fn step(client: &mut Client) -> bool {
    match client.step() {
        Step::Over => true,
        Step::Pending => false,
        Step::Asked(_) => {
            client.answer(&Refusal::new("answered", "so it is").to_json());
            matches!(client.step(), Step::Over)
        }
    }
}

/// The kernel's lines are understood or left alone, and a thread's name comes back as it was.
pub fn kernel(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = super::picture::parse_stat(&text);
    let _ = kernel::activity(&text);
    let line = format!("12 ({text}) S 1 2 3 -1");
    let found = super::picture::parse_stat(&line).expect("such a line is understood");
    assert_eq!((found.name.as_str(), found.state), (&*text, 'S'));
}
