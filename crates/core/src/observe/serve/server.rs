//! The server's thread: waits for those who ask, for the signal, and for the next look.
//!
//! One thread and no waiting but in `poll(2)`: whoever stalls, stalls alone. No lock of the engine is held
//! when something is written.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::socket_peercred;

use super::client::{Client, Step};
use super::interpreter::{PERIOD, Watcher};
use super::own::Own;
use super::picture::Picture;
use super::question::{Question, Refusal};
use super::scraper::Scraper;
use super::scrapers::Scrapers;
use super::{Shared, answer, lock, text};
use crate::wait::{Deadline, clock};

/// At most so many are served at a time. One more takes the place of the one that has been there longest.
const CLIENTS: usize = 8;
/// The most that is written to standard error at once: what a pipe that is ready takes without waiting.
const PIECE: usize = 4096;
/// How long standard error may take for a dump.
const STDERR_PATIENCE: Duration = Duration::from_millis(500);

/// Serves until told to stop.
pub(super) fn serve(shared: &Shared) {
    let mut server = Server {
        clients: Vec::new(),
        scrapers: Scrapers::default(),
        watcher: Watcher::new(),
        next_look: 0,
        accept_again: 0,
    };
    loop {
        // Whatever came before the end is seen to in a last round: a dump that was asked for, above all.
        let is_last = shared.stop.load(Ordering::Acquire);
        server.round(shared, is_last);
        if is_last {
            break;
        }
    }
}

struct Server {
    clients: Vec<Client>,
    scrapers: Scrapers,
    watcher: Watcher,
    next_look: u64,
    /// Until then nobody is accepted: there was no descriptor to be had.
    accept_again: u64,
}

impl Server {
    fn round(&mut self, shared: &Shared, is_last: bool) {
        let listener = lock(&shared.listener).clone();
        let listener = listener.filter(|_| clock::now() >= self.accept_again);
        let metrics = lock(&shared.metrics).clone();
        let metrics = metrics.filter(|_| clock::now() >= self.accept_again);
        let metrics = metrics.filter(|_| self.scrapers.make_room());
        let signals = *lock(&shared.signals);
        let limit = if is_last { Duration::ZERO } else { self.until_next() };
        let ready = self.wait(&shared.wake, signals, listener.as_ref(), metrics.as_ref(), limit);
        self.look();
        if ready.wake {
            drain(&shared.wake);
        }
        if let Some(signals) = signals.filter(|_| ready.signals) {
            drain(signals);
            let picture = Picture::take(&mut self.watcher, true);
            write_to_stderr(&text::dump(&picture));
        }
        self.serve_clients(&ready.clients);
        if let Some(listener) = listener.filter(|_| ready.listeners[0]) {
            self.accept(&listener);
        }
        self.scrapers.serve(&ready.scrapers);
        if let Some(metrics) = metrics.filter(|_| ready.listeners[1])
            && !self.scrapers.accept(&metrics)
        {
            self.accept_again = self.next_look;
        }
    }

    fn wait(
        &self,
        wake: &impl AsFd,
        signals: Option<&'static OwnedFd>,
        listener: Option<&Arc<Own<UnixListener>>>,
        metrics: Option<&Arc<Own<TcpListener>>>,
        limit: Duration,
    ) -> Ready {
        // (A period at most, which is no great number.)
        let limit = Timespec::try_from(limit).unwrap_or(Timespec { tv_sec: 0, tv_nsec: 0 });
        let mut polled = vec![PollFd::new(wake, PollFlags::IN)];
        // A place for each, so that all stand where they are looked for.
        let is_there = |fd: Option<BorrowedFd<'_>>| fd.is_some();
        let signal = signals.map(AsFd::as_fd);
        let listen = listener.map(|listener| listener.as_fd());
        let metrics = metrics.map(|listener| listener.as_fd());
        for fd in [signal, listen, metrics].into_iter().flatten() {
            polled.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
        }
        for client in &self.clients {
            polled.push(PollFd::new(client, client.interest()));
        }
        for scraper in self.scrapers.all() {
            polled.push(PollFd::new(scraper, scraper.interest()));
        }
        // Interrupted, or out of memory: the next round tries again.
        let found = poll(&mut polled, Some(&limit)).is_ok();
        let mut ready = polled.iter().map(|each| found && !each.revents().is_empty());
        let mut next = |there| there && ready.next().unwrap_or(false);
        Ready {
            wake: next(true),
            signals: next(is_there(signal)),
            listeners: [listen, metrics].map(|listener| next(is_there(listener))),
            clients: ready.by_ref().take(self.clients.len()).collect(),
            scrapers: ready.collect(),
        }
    }

    /// The time until the next look, or until a client's time is over.
    fn until_next(&self) -> Duration {
        let ends = self.clients.iter().map(Client::until);
        let ends = ends.chain(self.scrapers.all().iter().map(Scraper::until));
        let moment = ends.fold(self.next_look, u64::min);
        Duration::from_nanos(moment.saturating_sub(clock::now()))
    }

    fn look(&mut self) {
        let now = clock::now();
        if now >= self.next_look {
            self.watcher.look();
            let period = u64::try_from(PERIOD.as_nanos()).unwrap_or(u64::MAX);
            self.next_look = now.saturating_add(period);
        }
    }

    /// Goes on with those who are ready, and answers all who have asked from one picture.
    fn serve_clients(&mut self, ready: &[bool]) {
        let now = clock::now();
        let mut asked: Vec<(usize, Question)> = Vec::new();
        let mut over = vec![false; self.clients.len()];
        for (place, client) in self.clients.iter_mut().enumerate() {
            let is_ready = ready.get(place).copied().unwrap_or(false);
            match if is_ready { client.step() } else { Step::Pending } {
                Step::Asked(question) => asked.push((place, question)),
                Step::Over => over[place] = true,
                Step::Pending => over[place] = client.until() <= now,
            }
        }
        if let Some(with_stacks) = asked.iter().map(|(_, question)| question.with_stacks()).max() {
            let picture = Picture::take(&mut self.watcher, with_stacks);
            for (place, question) in asked {
                let client = &mut self.clients[place];
                client.answer(&match question {
                    Question::DumpText => answer::dump_text(&picture),
                    question => answer::whole(&picture, question.with_stacks()),
                });
                over[place] = matches!(client.step(), Step::Over);
            }
        }
        for place in (0..over.len()).rev().filter(|&place| over[place]) {
            self.clients.remove(place);
        }
    }

    fn accept(&mut self, listener: &UnixListener) {
        // At most so many a round: who keeps connecting must not keep others from being served.
        for _ in 0..CLIENTS {
            let stream = match Own::open(|| listener.accept().map(|(stream, _)| stream)) {
                Ok(stream) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {
                    self.accept_again = self.next_look;
                    return;
                }
            };
            if stream.set_nonblocking(true).is_err() {
                continue;
            }
            if self.clients.len() >= CLIENTS {
                self.clients.remove(0);
            }
            let refusal = refusal(&stream);
            self.clients.push(Client::new(stream, refusal.as_ref()));
        }
    }
}

/// Who has something to be seen to.
struct Ready {
    wake: bool,
    signals: bool,
    /// The socket's listener, and that of the metrics.
    listeners: [bool; 2],
    clients: Vec<bool>,
    scrapers: Vec<bool>,
}

/// Why a peer is not served: it has to be of the process's own user, or root, who may do everything anyway.
fn refusal(peer: &impl AsFd) -> Option<Refusal> {
    let own = rustix::process::geteuid();
    match socket_peercred(peer) {
        Ok(peer) if peer.uid == own || peer.uid.is_root() => None,
        _ => Some(Refusal::new("not-permitted", "this process belongs to another user")),
    }
}

/// Empties an eventfd.
fn drain(descriptor: &impl AsFd) {
    let mut count = [0; 8];
    let _ = rustix::io::read(descriptor, &mut count);
}

/// Writes to standard error what it takes in time: a reader that stalls must not stall the server.
fn write_to_stderr(text: &str) {
    let stderr = std::io::stderr();
    let deadline = Deadline::after(STDERR_PATIENCE);
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let left = deadline.remaining().and_then(|left| Timespec::try_from(left).ok());
        let mut polled = [PollFd::new(&stderr, PollFlags::OUT)];
        if !matches!(poll(&mut polled, left.as_ref()), Ok(1..)) {
            return;
        }
        match rustix::io::write(&stderr, &rest[..rest.len().min(PIECE)]) {
            Ok(count) => rest = &rest[count..],
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            // Closed, or nobody reads: there is nowhere to say so.
            Err(_) => return,
        }
    }
}
