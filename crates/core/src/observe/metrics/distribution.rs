//! How long things took, or how many there were: number, sum and maximum to the last digit, percentiles to
//! one part in a hundred.
//!
//! The percentiles are those of an HDR histogram (Gil Tene's), whose buckets are as fine as the value is
//! small. It is made with the first value and grows with the largest: to 42 kB at [`MOST`].

use hdrhistogram::Histogram;

use crate::observe::Tally;

/// Significant decimal digits of the percentiles.
const DIGITS: u8 = 2;
/// A day in nanoseconds: what is longer counts as this, in percentiles only.
const MOST: u64 = 86_400_000_000_000;

/// Values between which known shares of all lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// Half of the values are at most this.
    pub p50: u64,
    /// 95 of 100 are at most this.
    pub p95: u64,
    /// 99 of 100 are at most this.
    pub p99: u64,
}

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    tally: Tally,
    histogram: Option<Box<Histogram<u64>>>,
}

impl Distribution {
    /// Adds a value.
    pub fn add(&mut self, value: u64) {
        self.tally.add(value);
        self.weigh(value, 1);
    }

    /// Adds a value that stands for `weight` values.
    pub(crate) fn add_weighted(&mut self, value: u64, weight: u64) {
        self.tally.count += weight;
        self.tally.total = self.tally.total.saturating_add(value.saturating_mul(weight));
        self.tally.longest = self.tally.longest.max(value);
        self.weigh(value, weight);
    }

    fn weigh(&mut self, value: u64, weight: u64) {
        if self.histogram.is_none() {
            self.histogram = Histogram::new(DIGITS).ok().map(Box::new);
        }
        if let Some(histogram) = &mut self.histogram {
            let recorded = histogram.record_n(value.min(MOST), weight);
            debug_assert!(recorded.is_ok(), "a histogram that grows takes every value");
        }
    }

    /// Number, sum and maximum.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// The percentiles; zero when there are no values.
    #[must_use]
    pub fn spread(&self) -> Spread {
        let Some(histogram) = &self.histogram else { return Spread::default() };
        // A bucket is told by its upper end, which may be beyond the largest value.
        let at = |quantile| histogram.value_at_quantile(quantile).min(self.tally.longest);
        Spread { p50: at(0.50), p95: at(0.95), p99: at(0.99) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(found: u64, exact: u64) -> bool {
        found >= exact && found - exact <= exact / 100
    }

    #[test]
    fn percentiles_of_a_known_distribution_are_right_to_a_hundredth() {
        let mut distribution = Distribution::default();
        // In an order that is not theirs: 7919 has no factor in common with 10000.
        for step in 0..10_000_u64 {
            distribution.add((step * 7919 % 10_000 + 1) * 1000);
        }
        let Spread { p50, p95, p99 } = distribution.spread();
        assert!(is_near(p50, 5_000_000), "{p50}");
        assert!(is_near(p95, 9_500_000), "{p95}");
        assert!(is_near(p99, 9_900_000), "{p99}");
        let total = 1000 * 10_000 * 10_001 / 2;
        assert_eq!(distribution.tally(), Tally { count: 10_000, total, longest: 10_000_000 });
    }

    #[test]
    fn no_percentile_is_above_the_longest() {
        let mut distribution = Distribution::default();
        distribution.add(1_234_567_891);
        let Spread { p50, p95, p99 } = distribution.spread();
        assert_eq!([p50, p95, p99], [1_234_567_891; 3]);
        assert_eq!(Distribution::default().spread(), Spread::default());
    }

    #[test]
    fn a_value_of_weight_counts_as_so_many() {
        let mut distribution = Distribution::default();
        distribution.add_weighted(7, 90);
        distribution.add_weighted(100, 10);
        assert_eq!(distribution.tally(), Tally { count: 100, total: 1630, longest: 100 });
        assert_eq!(distribution.spread(), Spread { p50: 7, p95: 100, p99: 100 });
    }

    #[test]
    fn values_beyond_a_day_keep_their_sum() {
        let mut distribution = Distribution::default();
        distribution.add(MOST * 3);
        distribution.add(u64::MAX);
        assert_eq!(distribution.tally().longest, u64::MAX);
        assert!(distribution.spread().p50 >= MOST);
    }
}
