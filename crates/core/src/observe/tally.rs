//! Counting waits.

/// How often, how long in all, and how long at most. Times are nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Finished waits.
    pub count: u64,
    /// Their time in all.
    pub total: u64,
    /// The longest of them.
    pub longest: u64,
}

impl Tally {
    /// Adds one wait.
    pub fn add(&mut self, nanoseconds: u64) {
        self.count += 1;
        self.total = self.total.saturating_add(nanoseconds);
        self.longest = self.longest.max(nanoseconds);
    }

    /// Adds all waits of another tally.
    pub fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.total = self.total.saturating_add(other.total);
        self.longest = self.longest.max(other.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_knows_number_sum_and_maximum() {
        let mut tally = Tally::default();
        for nanoseconds in [3, 9, 4] {
            tally.add(nanoseconds);
        }
        assert_eq!(tally, Tally { count: 3, total: 16, longest: 9 });
        tally.merge(Tally { count: 2, total: 20, longest: 11 });
        assert_eq!(tally, Tally { count: 5, total: 36, longest: 11 });
    }
}
