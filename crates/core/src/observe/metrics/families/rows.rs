//! The samples of one family while they are gathered: what has the same labels is one sample.

use std::collections::BTreeMap;

use super::{Family, FamilyKind, Labels, Value};

/// See the module's description.
pub(super) struct Rows {
    family: Family,
    samples: BTreeMap<Labels, Value>,
}

impl Rows {
    pub(super) fn new(name: &'static str, kind: FamilyKind, help: &'static str) -> Self {
        let family = Family { name, help, kind, samples: Vec::new() };
        Self { family, samples: BTreeMap::new() }
    }

    /// Adds a sample, or adds it up with the one that is there.
    pub(super) fn add(&mut self, labels: &Labels, value: Value) {
        match self.samples.get_mut(labels) {
            Some(sample) => *sample = sum(*sample, value),
            None => drop(self.samples.insert(labels.clone(), value)),
        }
    }

    /// Adds a sample of which the largest counts.
    pub(super) fn add_largest(&mut self, labels: &Labels, value: Value) {
        match (self.samples.get(labels), value) {
            (Some(Value::Count(there)), Value::Count(new)) if *there >= new => {}
            (Some(Value::Seconds(there)), Value::Seconds(new)) if *there >= new => {}
            _ => drop(self.samples.insert(labels.clone(), value)),
        }
    }

    pub(super) fn finish(self) -> Family {
        Family { samples: self.samples.into_iter().collect(), ..self.family }
    }
}

fn sum(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Count(one), Value::Count(other)) => Value::Count(one + other),
        (Value::Seconds(one), Value::Seconds(other)) => Value::Seconds(one + other),
        (
            Value::Summary { count, sum, .. },
            Value::Summary { count: other_count, sum: other_sum, .. },
        ) => {
            let (count, sum) = (count + other_count, sum + other_sum);
            Value::Summary { count, sum, quantiles: None }
        }
        // (The samples of a family are of one sort.)
        (one, _) => one,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_same_labels_is_one_sample() {
        let mut rows = Rows::new("test_total", FamilyKind::Counter, "A test.");
        let labels = |line: &str| vec![("made_at", line.to_owned())];
        rows.add(&labels("a:1"), Value::Count(2));
        rows.add(&labels("b:1"), Value::Count(5));
        rows.add(&labels("a:1"), Value::Count(3));
        let samples = rows.finish().samples;
        assert_eq!(samples, [(labels("a:1"), Value::Count(5)), (labels("b:1"), Value::Count(5))]);
    }

    #[test]
    fn quantiles_of_two_lines_cannot_be_added_and_are_left_out() {
        let quantiles = Some([(0.5, 1.0), (0.95, 1.0), (0.99, 1.0)]);
        let one = Value::Summary { count: 1, sum: 1.0, quantiles };
        assert_eq!(sum(one, one), Value::Summary { count: 2, sum: 2.0, quantiles: None });
    }
}
