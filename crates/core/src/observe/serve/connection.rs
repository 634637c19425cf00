//! A connection with little room and little time.
//!
//! Nothing here waits. A peer that stalls costs a buffer until its time is over; one that does not read its
//! answer costs the answer.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::time::Duration;

use rustix::event::PollFlags;

use super::own::Own;
use crate::wait::clock;

/// How long a peer may take for its question and, again, for reading the answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// See the module's description.
pub(super) struct Connection<S: AsRawFd> {
    stream: Own<S>,
    received: Vec<u8>,
    /// The answer, and how much of it has been sent.
    answer: Option<(Vec<u8>, usize)>,
    until: u64,
}

/// What became of reading or writing.
pub(super) enum Moved {
    /// Something was.
    On,
    /// The peer has nothing more to say.
    End,
    /// Nothing can be at present.
    NotNow,
    /// All of the answer was written.
    Done,
    /// The connection is broken.
    Broken,
}

impl<S: AsRawFd> Connection<S>
where
    for<'a> &'a S: Read + Write,
{
    pub(super) fn new(stream: Own<S>) -> Self {
        Self { stream, received: Vec::new(), answer: None, until: in_time() }
    }

    pub(super) fn stream(&self) -> &S {
        &self.stream
    }

    /// The moment at which its time is over.
    pub(super) fn until(&self) -> u64 {
        self.until
    }

    /// What has been received.
    pub(super) fn received(&mut self) -> &mut Vec<u8> {
        &mut self.received
    }

    /// Whether there is an answer to be written.
    pub(super) fn has_answer(&self) -> bool {
        self.answer.is_some()
    }

    /// What it is waited for.
    pub(super) fn interest(&self) -> PollFlags {
        if self.has_answer() { PollFlags::OUT } else { PollFlags::IN }
    }

    /// Reads what is there, so that no more than `LONGEST` bytes are kept.
    pub(super) fn read<const LONGEST: usize>(&mut self) -> Moved {
        let mut piece = [0; LONGEST];
        let room = LONGEST.saturating_sub(self.received.len());
        match (&*self.stream).read(&mut piece[..room]) {
            Ok(0) => Moved::End,
            Ok(count) => {
                self.received.extend_from_slice(&piece[..count]);
                Moved::On
            }
            Err(error) => broken_or_not_now(error.kind()),
        }
    }

    /// Gives the answer, to be written step by step.
    pub(super) fn answer(&mut self, answer: Vec<u8>) {
        self.answer = Some((answer, 0));
        self.until = in_time();
    }

    /// Writes as much of the answer as goes.
    pub(super) fn write(&mut self) -> Moved {
        let Some((answer, sent)) = &mut self.answer else { return Moved::Done };
        // (A peer that is gone is an error here: Rust programs and Python's ignore SIGPIPE, and the
        // server's thread has all signals blocked.)
        match (&*self.stream).write(&answer[*sent..]) {
            Ok(count) => {
                *sent += count;
                if *sent == answer.len() { Moved::Done } else { Moved::On }
            }
            Err(error) => broken_or_not_now(error.kind()),
        }
    }

    /// Forgets the answer that has been written, and what was received.
    pub(super) fn clear(&mut self) {
        self.answer = None;
        self.received = Vec::new();
    }
}

fn in_time() -> u64 {
    clock::later(clock::now(), PATIENCE)
}

fn broken_or_not_now(error: ErrorKind) -> Moved {
    match error {
        ErrorKind::WouldBlock | ErrorKind::Interrupted => Moved::NotNow,
        _ => Moved::Broken,
    }
}

impl<S: AsRawFd + AsFd> AsFd for Connection<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
