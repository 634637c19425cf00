//! A deadlock, as it is told: who waits for what since when, and who had to bring it about.

use std::fmt;
use std::sync::Arc;

use super::{Key, named_by, told, workers};
use crate::observe::origin::{self, Line};
use crate::observe::registry::{self, Sleeper};
use crate::thread::ThreadId;
use crate::wait::{self, Kind, Site, clock};

/// How sure it is that nothing will end a deadlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Only the threads in it could, and each waits for the next.
    Certain,
    /// There is a plain lock in it, which any thread may release.
    Likely,
    /// All threads of the process wait, and nobody is left to end any wait.
    AllAsleep,
}

/// One thread of a deadlock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The thread.
    pub thread: ThreadId,
    /// The host's identifier of it.
    pub ident: u64,
    /// Its name, when somebody told.
    pub name: Option<String>,
    /// What it waits for.
    pub kind: Kind,
    /// The line that made that, when it was recorded.
    pub origin: Option<Line>,
    /// When the wait began, on [`clock::now`].
    pub since: u64,
    /// Who has to bring it about, where that is known.
    pub owner: Option<ThreadId>,
    /// Whether it waits for a job that no worker of its pool has begun.
    pub unbegun: bool,
    /// Whether the thread that holds it has ended.
    pub orphaned: bool,
    site: Site,
}

impl Link {
    /// Which one it waits for, among what lives.
    #[must_use]
    pub fn address(&self) -> usize {
        self.site.address()
    }

    /// Has the thread look for itself.
    pub(super) fn poke(&self) {
        let _ = wait::poke(self.site, self.thread);
    }
}

impl From<Sleeper> for Link {
    fn from(sleeper: Sleeper) -> Self {
        let site = sleeper.waiting.site;
        let owner = sleeper.word.and_then(|word| named_by(site.kind(), word));
        Self {
            thread: sleeper.thread,
            ident: sleeper.ident,
            name: sleeper.name,
            site,
            kind: site.kind(),
            origin: site.origin().and_then(origin::line).map(|(line, _)| line),
            since: sleeper.waiting.since,
            owner,
            orphaned: owner.is_some_and(|owner| !registry::is_alive(owner)),
            unbegun: sleeper.word.is_some_and(|word| workers::are_named(site.kind(), word)),
        }
    }
}

/// Threads that wait in vain. Of a circle each waits for the next, and the last one for the first, which is the
/// thread that found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlock {
    nature: Nature,
    links: Arc<[Link]>,
}

impl Deadlock {
    pub(super) fn new(nature: Nature, sleepers: Vec<Sleeper>) -> Self {
        Self { nature, links: sleepers.into_iter().map(Link::from).collect() }
    }

    /// How sure it is.
    #[must_use]
    pub fn nature(&self) -> Nature {
        self.nature
    }

    /// The threads.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Since when all of them wait.
    pub(super) fn since(&self) -> u64 {
        self.links.iter().map(|link| link.since).max().unwrap_or_default()
    }

    /// Whether each of them still waits as it was found: to be asked with the host's lock held, which may have taken long
    /// to come by. Who does not had somebody to wake it, or was about to go on.
    pub(crate) fn stands(&self) -> bool {
        self.links.iter().all(|link| {
            let now = registry::sleeper(link.thread).map(|sleeper| sleeper.waiting);
            now.is_some_and(|now| (now.site, now.since) == (link.site, link.since))
        })
    }

    /// Counts it: it ends a wait, or is told.
    pub(crate) fn note_told(&self) {
        told::note(self.nature);
    }

    /// The same for the same waits, whoever found them.
    pub(super) fn key(&self) -> Key {
        let mut key: Key = self.links.iter().map(|link| (link.thread, link.since)).collect();
        key.sort_unstable();
        key
    }

    fn name(&self, thread: ThreadId) -> String {
        let link = self.links.iter().find(|link| link.thread == thread);
        let name = link.and_then(|link| link.name.clone());
        name.unwrap_or_else(|| format!("thread {}", thread.get()))
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.nature {
            Nature::AllAsleep => "all threads wait, and nobody is left to wake them",
            _ if self.links.len() == 1 && self.links[0].orphaned => {
                "a thread waits for what a thread holds that has ended"
            }
            Nature::Certain | Nature::Likely if self.links.len() == 1 => {
                "a thread waits for itself"
            }
            Nature::Certain | Nature::Likely => "threads wait for one another",
        })?;
        for (place, link) in self.links.iter().enumerate() {
            let lead = if place == 0 { ": " } else { "; " };
            write!(f, "{lead}{} waits for {}", self.name(link.thread), awaited(link.kind))?;
            if let Some(Line { file, number }) = &link.origin {
                write!(f, " made at {file}:{number}")?;
            }
            if let Some(owner) = link.owner {
                write!(f, ", {} {}", owned(link.kind), self.name(owner))?;
            }
            if link.orphaned {
                write!(f, ", which has ended")?;
            }
            if link.unbegun {
                write!(f, ", which no worker has begun")?;
            }
            let waited = clock::now().saturating_sub(link.since) / 1_000_000;
            write!(f, " (since {waited} ms)")?;
        }
        Ok(())
    }
}

impl std::error::Error for Deadlock {}

/// What a thread waits for, in a sentence.
fn awaited(kind: Kind) -> String {
    match kind {
        Kind::RLock => "an RLock".to_owned(),
        Kind::Event => "an Event".to_owned(),
        Kind::ThreadJoin => "the end of a thread".to_owned(),
        Kind::ThreadStart => "the begin of a thread".to_owned(),
        Kind::Future => "the outcome of a job".to_owned(),
        Kind::QueueGet | Kind::QueuePut | Kind::QueueJoin | Kind::Work => kind.name().to_owned(),
        _ => format!("a {}", kind.name()),
    }
}

/// How the thread is called that has to bring that about.
fn owned(kind: Kind) -> &'static str {
    match kind {
        Kind::ThreadJoin => "of",
        Kind::Future => "run by",
        _ => "held by",
    }
}
