//! For how long at least one thread waited.
//!
//! A queue whose getters wait is empty and starves its consumers; one whose putters wait is full and holds
//! its producers back. So the time that a queue was empty or full, as far as it mattered to anybody, is known from
//! the waits alone, and puts and gets that do not wait need no clock.

/// See the module's description. Times are nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Standing {
    waiting: u32,
    since: u64,
    total: u64,
}

impl Standing {
    /// A thread comes.
    pub(crate) fn arrive(&mut self, now: u64) {
        if self.waiting == 0 {
            self.since = now;
        }
        self.waiting += 1;
    }

    /// A thread that came goes.
    pub(crate) fn leave(&mut self, now: u64) {
        self.waiting = self.waiting.saturating_sub(1);
        if self.waiting == 0 {
            self.total += now.saturating_sub(self.since);
        }
    }

    /// The time in all, until now.
    pub(crate) fn total(&self, now: u64) -> u64 {
        let unfinished = if self.waiting > 0 { now.saturating_sub(self.since) } else { 0 };
        self.total + unfinished
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_which_several_wait_counts_once() {
        let mut standing = Standing::default();
        standing.arrive(10);
        standing.arrive(20);
        standing.leave(30);
        assert_eq!(standing.total(35), 25);
        standing.leave(40);
        assert_eq!(standing.total(1000), 30);
        standing.arrive(1000);
        assert_eq!(standing.total(1005), 35);
    }
}
