//! Families of metrics as text: Prometheus' exposition format, version 0.0.4.

use std::fmt::{self, Display, Write};

use super::families::{Family, Labels, Value};

/// The text's type, as HTTP says it.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The text.
#[must_use]
pub fn text(families: &[Family]) -> String {
    let mut text = String::new();
    for family in families {
        // A string takes all that is written.
        let _ = write_family(&mut text, family);
    }
    text
}

fn write_family(text: &mut String, family: &Family) -> fmt::Result {
    let name = family.name;
    writeln!(text, "# HELP {name} {}", Escaped(family.help, false))?;
    writeln!(text, "# TYPE {name} {}", family.kind.name())?;
    for (labels, value) in &family.samples {
        match value {
            Value::Count(count) => writeln!(text, "{name}{} {count}", Labelled(labels, None))?,
            Value::Seconds(seconds) => {
                writeln!(text, "{name}{} {seconds}", Labelled(labels, None))?;
            }
            Value::Summary { count, sum, quantiles } => {
                for (quantile, value) in quantiles.iter().flatten() {
                    writeln!(text, "{name}{} {value}", Labelled(labels, Some(*quantile)))?;
                }
                let labels = Labelled(labels, None);
                writeln!(text, "{name}_sum{labels} {sum}")?;
                writeln!(text, "{name}_count{labels} {count}")?;
            }
        }
    }
    Ok(())
}

/// The labels of a sample, in braces; nothing when there are none.
struct Labelled<'a>(&'a Labels, Option<f64>);

impl Display for Labelled<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() && self.1.is_none() {
            return Ok(());
        }
        let mut separator = '{';
        for (name, value) in self.0 {
            write!(formatter, "{separator}{name}=\"{}\"", Escaped(value, true))?;
            separator = ',';
        }
        if let Some(quantile) = self.1 {
            write!(formatter, "{separator}quantile=\"{quantile}\"")?;
        }
        formatter.write_char('}')
    }
}

/// Text with backslashes and ends of lines escaped; and quotation marks, in a label.
struct Escaped<'a>(&'a str, bool);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\\' => formatter.write_str("\\\\")?,
                '\n' => formatter.write_str("\\n")?,
                '"' if self.1 => formatter.write_str("\\\"")?,
                other => formatter.write_char(other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::families::FamilyKind;
    use super::*;

    #[test]
    fn a_family_is_written_by_the_rules_of_the_format() {
        let value = Value::Summary {
            count: 2,
            sum: 0.75,
            quantiles: Some([(0.5, 0.25), (0.95, 0.5), (0.99, 0.5)]),
        };
        let family = Family {
            name: "waits_seconds",
            help: "A \\ and a \"mark\".",
            kind: FamilyKind::Summary,
            samples: vec![(vec![("made_at", "a\\\"b\n.py:1".to_owned())], value)],
        };
        let expected = [
            "# HELP waits_seconds A \\\\ and a \"mark\".",
            "# TYPE waits_seconds summary",
            r#"waits_seconds{made_at="a\\\"b\n.py:1",quantile="0.5"} 0.25"#,
            r#"waits_seconds{made_at="a\\\"b\n.py:1",quantile="0.95"} 0.5"#,
            r#"waits_seconds{made_at="a\\\"b\n.py:1",quantile="0.99"} 0.5"#,
            r#"waits_seconds_sum{made_at="a\\\"b\n.py:1"} 0.75"#,
            r#"waits_seconds_count{made_at="a\\\"b\n.py:1"} 2"#,
            "",
        ];
        assert_eq!(text(&[family]), expected.join("\n"));
    }

    #[test]
    fn a_sample_without_labels_has_no_braces() {
        let samples = vec![(Vec::new(), Value::Count(3))];
        let kind = FamilyKind::Gauge;
        let family = Family { name: "threads", help: "Threads.", kind, samples };
        assert!(text(&[family]).ends_with("\nthreads 3\n"));
    }
}
