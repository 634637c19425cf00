//! Workers that sleep when they find no job, and are called when there is one.
//!
//! Each worker has a seat:
//!
//! | word | meaning | goes to |
//! |---|---|---|
//! | `BUSY` | the worker works, or looks for work | `IDLE` by the worker (`announce`) |
//! | `IDLE` | it is about to look a last time and then sleeps, or it sleeps | `CALLED` by who brings a job (`call_one`); `NUDGED` by who has news for this worker (`nudge`); `BUSY` by the worker (`rise`) |
//! | `CALLED` | it is wanted for a job | `BUSY` by the worker (`rise`), which takes a job or calls another |
//! | `NUDGED` | what it waits for besides jobs may have come | `BUSY` by the worker (`rise`) |
//!
//! `idle` counts the seats in `IDLE`. It goes up before a seat's last look and down with the step out of
//! `IDLE`, whoever makes it.
//!
//! No job is left alone while a worker sleeps. Who brings a job puts it where workers look, and then reads
//! `idle`; a worker raises `idle`, and then looks. Between the two steps of each stands a sequentially
//! consistent fence, so one of them sees the other: either the job is seen in the last look, or the seat is
//! seen idle. A worker that is called and does not look any more (its time is up) passes the call on.
//!
//! Memory order: the fences order jobs, and news, against seats. Who sees news sees by them what was done
//! before. The step to `CALLED` or `NUDGED` is a release and `rise` an acquire. Sleep and call meet under the lock of the
//! door's queue: the step is made before the unpark, and the sleeper validates the word under that lock.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

use crate::facade::{AtomicU32, AtomicUsize, fence};
use crate::wait::{self, Deadline, Kind, Origin, Place, Signals, Site, Wake};

const BUSY: u32 = 0;
const IDLE: u32 = 1;
const CALLED: u32 = 2;
const NUDGED: u32 = 3;

/// A seat has a cache line of its own: workers step in and out of theirs all the time.
#[repr(align(128))]
struct Seat {
    word: AtomicU32,
    /// How often the worker was nudged; it may wrap around.
    news: AtomicU32,
}

/// Why a worker got up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rise {
    /// By itself: nobody wanted it.
    ByItself,
    /// It was called for a job, which waits for it.
    Called,
    /// It was nudged.
    Nudged,
}

/// The seats of a number of workers. A worker is named by the number of its seat.
pub struct Seats {
    all: Box<[Seat]>,
    idle: AtomicUsize,
    origin: Option<Origin>,
}

impl Seats {
    /// Seats for so many workers, made by a known line of the program, if it is known.
    #[must_use]
    pub fn made_at(count: usize, origin: Option<Origin>) -> Self {
        let seat = |_| Seat { word: AtomicU32::new(BUSY), news: AtomicU32::new(0) };
        let all = (0..count).map(seat).collect();
        Self { all, idle: AtomicUsize::new(0), origin }
    }

    /// The worker found no job, and is going to look once more before it sleeps.
    pub fn announce(&self, worker: usize) {
        // Release, for who reads the count: the word is seen, too.
        self.all[worker].word.store(IDLE, Relaxed);
        self.idle.fetch_add(1, Release);
        fence(SeqCst);
    }

    /// The worker, which had announced itself, goes on to do something else than to sleep.
    #[must_use = "a call that came to nothing must be passed on"]
    pub fn rise(&self, worker: usize) -> Rise {
        match self.all[worker].word.swap(BUSY, Acquire) {
            IDLE => {
                self.idle.fetch_sub(1, Relaxed);
                Rise::ByItself
            }
            CALLED => Rise::Called,
            _ => Rise::Nudged,
        }
    }

    /// Sleeps until the worker, which has announced itself, is called or nudged, or until the deadline.
    /// `rise` comes after it, whatever it says.
    #[must_use = "an interrupted wait ends"]
    pub fn sleep(&self, worker: usize, deadline: Deadline) -> Wake {
        let word = &self.all[worker].word;
        let must_wait = || word.load(Relaxed) == IDLE;
        wait::park(self.site(worker), Place::Back, must_wait, deadline, Signals::Stay)
    }

    /// There is a job where workers look: calls one who sleeps. Returns whether there was one.
    pub fn call_one(&self) -> bool {
        fence(SeqCst);
        if self.idle.load(Acquire) == 0 {
            return false;
        }
        (0..self.all.len()).any(|worker| self.step(worker, CALLED))
    }

    /// What this worker waits for, besides jobs, may have come: its [`news`](Self::news) change.
    pub fn nudge(&self, worker: usize) {
        self.all[worker].news.fetch_add(1, Release);
        fence(SeqCst);
        self.step(worker, NUDGED);
    }

    /// Changes with every nudge of the worker, which sees then what was done before that.
    #[must_use]
    pub fn news(&self, worker: usize) -> u32 {
        self.all[worker].news.load(Acquire)
    }

    /// Nudges all workers.
    pub fn nudge_all(&self) {
        (0..self.all.len()).for_each(|worker| self.nudge(worker));
    }

    /// Wakes the worker with this word, if it is idle.
    fn step(&self, worker: usize, word: u32) -> bool {
        let seat = &self.all[worker].word;
        if seat.compare_exchange(IDLE, word, AcqRel, Relaxed).is_err() {
            return false;
        }
        self.idle.fetch_sub(1, Relaxed);
        wait::unpark_all(self.site(worker).address(), || ()).wake();
        true
    }

    fn site(&self, worker: usize) -> Site {
        Site::at(&self.all[worker].word, Kind::Work, self.origin)
    }
}
