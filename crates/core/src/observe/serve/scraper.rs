//! One who fetches metrics over HTTP.
//!
//! When the answer is written the connection is closed for writing only, and what still comes is read and thrown away
//! until the peer closes too, or its time is over: a socket that is closed with something unread
//! breaks the connection, and the peer may lose the answer that it has not read.

use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::PollFlags;

use super::connection::{Connection, Moved};
use super::http::{self, LONGEST, Verdict};
use super::own::Own;
use crate::wait::clock;

/// See the module's description.
pub(super) struct Scraper {
    connection: Connection<TcpStream>,
    stage: Stage,
    came: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Asks,
    Reads,
    Leaves,
}

/// What became of a step.
pub(super) enum Step {
    Pending,
    Asked(Verdict),
    Over,
}

impl Scraper {
    pub(super) fn new(stream: Own<TcpStream>) -> Self {
        Self { connection: Connection::new(stream), stage: Stage::Asks, came: clock::now() }
    }

    pub(super) fn until(&self) -> u64 {
        self.connection.until()
    }

    pub(super) fn interest(&self) -> PollFlags {
        self.connection.interest()
    }

    /// When it came, if it has not said what it wants.
    pub(super) fn silent_since(&self) -> Option<u64> {
        (self.stage != Stage::Reads).then_some(self.came)
    }

    /// Reads or writes as much as goes without waiting.
    pub(super) fn step(&mut self) -> Step {
        match self.stage {
            Stage::Asks => self.read(),
            Stage::Reads => self.write(),
            Stage::Leaves => self.leave(),
        }
    }

    fn read(&mut self) -> Step {
        let is_all = match self.connection.read::<LONGEST>() {
            Moved::On => false,
            Moved::End if self.connection.received().is_empty() => return Step::Over,
            Moved::End => true,
            Moved::NotNow => return Step::Pending,
            Moved::Done | Moved::Broken => return Step::Over,
        };
        http::parse(self.connection.received(), is_all).map_or(Step::Pending, Step::Asked)
    }

    /// Gives the answer, to be written step by step.
    pub(super) fn answer(&mut self, answer: Vec<u8>) -> Step {
        self.connection.answer(answer);
        self.stage = Stage::Reads;
        self.write()
    }

    fn write(&mut self) -> Step {
        match self.connection.write() {
            Moved::On | Moved::NotNow => Step::Pending,
            Moved::Done if self.connection.stream().shutdown(Shutdown::Write).is_ok() => {
                self.connection.clear();
                self.stage = Stage::Leaves;
                Step::Pending
            }
            Moved::End | Moved::Done | Moved::Broken => Step::Over,
        }
    }

    fn leave(&mut self) -> Step {
        let moved = self.connection.read::<LONGEST>();
        self.connection.clear();
        match moved {
            Moved::On | Moved::NotNow => Step::Pending,
            Moved::End | Moved::Done | Moved::Broken => Step::Over,
        }
    }
}

impl AsFd for Scraper {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}
