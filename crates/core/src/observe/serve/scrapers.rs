//! All those who fetch metrics at a moment.
//!
//! They are let in as long as there is room; who comes later waits in the kernel's queue. When there is none, those
//! who have come some time ago and have not said what they want make room: whoever stalls harms nobody
//! else, and a crowd of those who do not stall is served to the last.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::Duration;

use super::http::{self, Verdict};
use super::own::Own;
use super::scraper::{Scraper, Step};
use crate::observe::metrics::{exposition, families};
use crate::wait::clock;

/// At most so many are served at a time.
const MOST: usize = 64;
/// Who has said nothing for so long makes room where there is none.
const SILENCE: Duration = Duration::from_millis(250);

/// See the module's description.
#[derive(Default)]
pub(super) struct Scrapers(Vec<Scraper>);

impl Scrapers {
    pub(super) fn all(&self) -> &[Scraper] {
        &self.0
    }

    /// Whether there is room for one more.
    pub(super) fn make_room(&mut self) -> bool {
        if self.0.len() < MOST {
            return true;
        }
        let now = clock::now();
        let is_silent = |each: &Scraper| {
            each.silent_since().is_some_and(|since| clock::later(since, SILENCE) <= now)
        };
        self.0.retain(|each| !is_silent(each));
        self.0.len() < MOST
    }

    /// Goes on with those who are ready. All who have asked are answered with the same page.
    pub(super) fn serve(&mut self, ready: &[bool]) {
        let now = clock::now();
        let mut page: Option<String> = None;
        let mut place = 0;
        self.0.retain_mut(|each| {
            let is_ready = ready.get(place).copied().unwrap_or(false);
            place += 1;
            let mut step = if is_ready { each.step() } else { Step::Pending };
            if let Step::Asked(verdict) = step {
                let text = match verdict {
                    Verdict::Page { .. } => page.get_or_insert_with(new_page),
                    _ => "",
                };
                step = each.answer(http::answer(verdict, text));
            }
            match step {
                Step::Over => false,
                Step::Asked(_) | Step::Pending => is_ready || each.until() > now,
            }
        });
    }

    /// Lets one in, if one is there; `false` when there is no descriptor to be had.
    pub(super) fn accept(&mut self, listener: &TcpListener) -> bool {
        // At most so many a round: who keeps connecting must not keep others from being served.
        for _ in 0..MOST {
            if self.0.len() >= MOST {
                return true;
            }
            match Own::open(|| listener.accept().map(|(stream, _)| stream)) {
                Ok(stream) if stream.set_nonblocking(true).is_ok() => {
                    self.0.push(Scraper::new(stream));
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                // One that was there is gone.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(_) => return false,
            }
        }
        true
    }
}

fn new_page() -> String {
    exposition::text(&families::gather())
}
