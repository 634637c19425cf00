//! One who asks: a connection with little room and little time.
//!
//! Nothing here waits. A peer that stalls, or sends what is no question, costs a buffer until its time is
//! over; one that does not read its answer costs the answer.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::PollFlags;
use serde_json::Value;

use super::own::Own;
use super::question::{LONGEST, Question, Refusal, parse};
use crate::wait::clock;

/// How long a peer may take for its question and, again, for reading the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connection.
pub(super) struct Client {
    stream: Own<UnixStream>,
    question: Vec<u8>,
    /// The answer, and how much of it has been sent.
    answer: Option<(Vec<u8>, usize)>,
    until: u64,
}

/// What became of a step.
pub(super) enum Step {
    /// More is to come.
    Pending,
    /// The question is complete.
    Asked(Question),
    /// The connection is over.
    Over,
}

impl Client {
    /// A peer that has just connected, and has been checked if `refusal` is none.
    pub(super) fn new(stream: Own<UnixStream>, refusal: Option<&Refusal>) -> Self {
        let mut client = Self { stream, question: Vec::new(), answer: None, until: in_time() };
        if let Some(refusal) = refusal {
            client.answer(&refusal.to_json());
        }
        client
    }

    /// The moment at which its time is over.
    pub(super) fn until(&self) -> u64 {
        self.until
    }

    /// What it is waited for.
    pub(super) fn interest(&self) -> PollFlags {
        if self.answer.is_some() { PollFlags::OUT } else { PollFlags::IN }
    }

    /// Reads or writes as much as goes without waiting.
    pub(super) fn step(&mut self) -> Step {
        match self.answer {
            Some(_) => self.write(),
            None => self.read(),
        }
    }

    fn read(&mut self) -> Step {
        let mut piece = [0; LONGEST];
        let room = LONGEST - self.question.len();
        match (&*self.stream).read(&mut piece[..room]) {
            Ok(0) if self.question.is_empty() => Step::Over,
            // Without an end of the line, but there will be no more.
            Ok(0) => self.asked(),
            Ok(count) => {
                self.question.extend_from_slice(&piece[..count]);
                if let Some(end) = self.question.iter().position(|&byte| byte == b'\n') {
                    self.question.truncate(end);
                    self.asked()
                } else if self.question.len() == LONGEST {
                    let message = format!("a question has at most {LONGEST} bytes");
                    self.refuse(&Refusal::new("too-long", message))
                } else {
                    Step::Pending
                }
            }
            Err(error) => pending_or_over(error.kind()),
        }
    }

    fn asked(&mut self) -> Step {
        match parse(&self.question) {
            Ok(question) => Step::Asked(question),
            Err(refusal) => self.refuse(&refusal),
        }
    }

    fn refuse(&mut self, refusal: &Refusal) -> Step {
        self.answer(&refusal.to_json());
        self.write()
    }

    /// Gives the answer, to be written step by step.
    pub(super) fn answer(&mut self, answer: &Value) {
        let mut text = answer.to_string();
        text.push('\n');
        self.answer = Some((text.into_bytes(), 0));
        self.until = in_time();
    }

    fn write(&mut self) -> Step {
        let Some((answer, sent)) = &mut self.answer else { return Step::Over };
        // (A peer that is gone is an error here: Rust programs and Python's ignore SIGPIPE, and the
        // server's thread has all signals blocked.)
        match (&*self.stream).write(&answer[*sent..]) {
            Ok(count) => {
                *sent += count;
                if *sent == answer.len() { Step::Over } else { Step::Pending }
            }
            Err(error) => pending_or_over(error.kind()),
        }
    }
}

fn in_time() -> u64 {
    clock::now().saturating_add(u64::try_from(PATIENCE.as_nanos()).unwrap_or(u64::MAX))
}

fn pending_or_over(error: ErrorKind) -> Step {
    match error {
        ErrorKind::WouldBlock | ErrorKind::Interrupted => Step::Pending,
        _ => Step::Over,
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
