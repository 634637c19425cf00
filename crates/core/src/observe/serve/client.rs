//! One who asks over the socket: a question of one line, and its answer.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use rustix::event::PollFlags;
use serde_json::Value;

use super::connection::{Connection, Moved};
use super::own::Own;
use super::question::{LONGEST, Question, Refusal, parse};

/// A connection.
pub(super) struct Client(Connection<UnixStream>);

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
        let mut client = Self(Connection::new(stream));
        if let Some(refusal) = refusal {
            client.answer(&refusal.to_json());
        }
        client
    }

    /// The moment at which its time is over.
    pub(super) fn until(&self) -> u64 {
        self.0.until()
    }

    /// What it is waited for.
    pub(super) fn interest(&self) -> PollFlags {
        self.0.interest()
    }

    /// Reads or writes as much as goes without waiting.
    pub(super) fn step(&mut self) -> Step {
        if self.0.has_answer() { self.write() } else { self.read() }
    }

    fn read(&mut self) -> Step {
        match self.0.read::<LONGEST>() {
            Moved::End if self.0.received().is_empty() => Step::Over,
            // Without an end of the line, but there will be no more.
            Moved::End => self.asked(),
            Moved::On => {
                let question = self.0.received();
                if let Some(end) = question.iter().position(|&byte| byte == b'\n') {
                    question.truncate(end);
                    self.asked()
                } else if question.len() == LONGEST {
                    self.refuse(&Refusal::new(
                        "too-long",
                        format!("a question has at most {LONGEST} bytes"),
                    ))
                } else {
                    Step::Pending
                }
            }
            Moved::NotNow => Step::Pending,
            Moved::Done | Moved::Broken => Step::Over,
        }
    }

    fn asked(&mut self) -> Step {
        match parse(self.0.received()) {
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
        self.0.answer(text.into_bytes());
    }

    fn write(&mut self) -> Step {
        match self.0.write() {
            Moved::On | Moved::NotNow => Step::Pending,
            Moved::End | Moved::Done | Moved::Broken => Step::Over,
        }
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
