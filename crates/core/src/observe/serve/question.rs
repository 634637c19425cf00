//! What can be asked, and how: one line, a JSON object.

use serde_json::{Map, Value, json};

/// The version of questions and answers.
pub(super) const VERSION: u32 = 1;
/// The longest question, in bytes, with the end of its line.
pub(super) const LONGEST: usize = 4096;

/// A question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Everything, with stacks, for a program.
    Dump,
    /// Everything, with stacks, for people.
    DumpText,
    /// Numbers only.
    Stats,
}

impl Question {
    /// Whether the answer has stacks.
    pub(super) fn with_stacks(self) -> bool {
        self != Self::Stats
    }
}

/// What is wrong with a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// For programs.
    pub(super) code: &'static str,
    /// For people.
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// As an answer.
    pub(super) fn to_json(&self) -> Value {
        json!({"version": VERSION, "error": {"code": self.code, "message": self.message}})
    }
}

/// Reads a question.
pub(super) fn parse(line: &[u8]) -> Result<Question, Refusal> {
    let bad = |message: &str| Refusal::new("bad-request", message);
    let object: Map<String, Value> =
        serde_json::from_slice(line).map_err(|error| bad(&format!("no JSON object: {error}")))?;
    if let Some(unknown) = object.keys().find(|key| !["version", "ask", "form"].contains(&&***key))
    {
        return Err(bad(&format!("unknown member {unknown:?}")));
    }
    if object.get("version").and_then(Value::as_u64) != Some(u64::from(VERSION)) {
        let message = format!("the version that is spoken here is {VERSION}");
        return Err(Refusal::new("unsupported-version", message));
    }
    let member = |name| object.get(name).map(|value| value.as_str().unwrap_or_default());
    match (member("ask"), member("form").unwrap_or("json")) {
        (Some("dump"), "json") => Ok(Question::Dump),
        (Some("dump"), "text") => Ok(Question::DumpText),
        (Some("stats"), "json") => Ok(Question::Stats),
        (Some("dump" | "stats"), _) => Err(bad("there is no such form of that")),
        _ => Err(bad("what can be asked for is \"dump\" or \"stats\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_understood() {
        assert_eq!(parse(br#"{"version": 1, "ask": "dump"}"#), Ok(Question::Dump));
        assert_eq!(
            parse(br#"{"version": 1, "ask": "dump", "form": "text"}"#),
            Ok(Question::DumpText)
        );
        assert_eq!(parse(br#"{"version": 1, "ask": "stats"}"#), Ok(Question::Stats));
    }

    #[test]
    fn what_is_no_question_is_refused_with_its_reason() {
        let code = |line: &str| parse(line.as_bytes()).unwrap_err().code;
        for line in [
            "",
            "hello",
            "[]",
            r#"{"version": 1}"#,
            r#"{"version": 1, "ask": 7}"#,
            r#"{"version": 1, "ask": "set"}"#,
            r#"{"version": 1, "ask": "stats", "form": "text"}"#,
            r#"{"version": 1, "ask": "stats", "x": 1}"#,
        ] {
            assert_eq!(code(line), "bad-request", "{line}");
        }
        for line in [r#"{"ask": "dump"}"#, r#"{"version": 2, "ask": "dump"}"#] {
            assert_eq!(code(line), "unsupported-version", "{line}");
        }
        let deep = "[".repeat(LONGEST);
        assert_eq!(code(&deep), "bad-request");
    }
}
