//! The dump for people: what each thread is doing, in sentences, and its stack.

use std::fmt::Write;

use super::interpreter::{Asking, PERIOD};
use super::picture::{Picture, Thread};
use crate::observe::origin;
use crate::observe::registry::{ThreadFacts, Waiting};
use crate::thread::ThreadId;
use crate::wait::Kind;
use crate::wait::host::Possession;

/// The dump.
pub(super) fn dump(picture: &Picture) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_dump(&mut text, picture);
    text
}

fn write_dump(text: &mut String, picture: &Picture) -> std::fmt::Result {
    let count = picture.threads.len() + picture.threads_left_out;
    let plural = if count == 1 { "" } else { "s" };
    let process = std::process::id();
    let command = printable(&picture.command.join(" "));
    writeln!(text, "── ironthread ── process {process} · {count} thread{plural} · {command}")?;
    writeln!(text, "{}", interpreter(picture))?;
    for circle in &picture.circles {
        let names: Vec<_> = circle.iter().map(|&id| name_of(picture, id)).collect();
        writeln!(
            text,
            "Deadlock: {}: each waits for the next, and the last for the first.",
            names.join(", ")
        )?;
    }
    for each in &picture.threads {
        writeln!(text)?;
        thread(text, picture, each)?;
    }
    if picture.threads_left_out > 0 {
        writeln!(text, "\nand {} more threads, not shown", picture.threads_left_out)?;
    }
    if !picture.others.is_empty() {
        let names: Vec<_> = (picture.others.iter().take(20))
            .map(|other| {
                let (id, kernel) = (other.native_id, &other.kernel);
                format!("{id} \"{}\" ({})", printable(&kernel.name), state(kernel.state))
            })
            .collect();
        let more = if picture.others.len() > names.len() { ", …" } else { "" };
        writeln!(text, "\nThreads that have not met ironthread: {}{more}.", names.join(", "))?;
    }
    writeln!(text, "{}", "─".repeat(80))
}

/// The sentence on the interpreter.
fn interpreter(picture: &Picture) -> String {
    let interpreter = &picture.interpreter;
    let held = span(picture.now.saturating_sub(interpreter.since));
    match (&interpreter.asking, interpreter.possession) {
        (Asking::Silent(since), possession) => {
            let waited = span(picture.now.saturating_sub(*since));
            let who = match possession {
                Possession::Held { .. } => format!(
                    "The interpreter is held by {} for {held} at least (it was there at every look; \
                     one each {} ms).",
                    holder(picture),
                    PERIOD.as_millis()
                ),
                Possession::Free => "Nobody seems to hold the interpreter.".to_owned(),
                Possession::Unknown => {
                    let names: Vec<_> = picture.suspects().map(name).collect();
                    format!(
                        "The interpreter is held; which thread holds it cannot be seen here. Inferred: \
                         one that does not wait for ironthread's things: {}.",
                        if names.is_empty() {
                            "none that is known".into()
                        } else {
                            names.join(", ")
                        }
                    )
                }
            };
            format!(
                "{who} Asked for the stacks of running threads, it has not answered for {waited}."
            )
        }
        (_, Possession::Held { .. }) => {
            format!("The interpreter answers; {} had it last.", holder(picture))
        }
        (_, Possession::Free) => "The interpreter answers; no thread runs Python code.".to_owned(),
        (_, Possession::Unknown) => "The interpreter answers.".to_owned(),
    }
}

fn holder(picture: &Picture) -> String {
    match (picture.holder(), picture.interpreter.possession) {
        (Some(thread), _) => name(thread),
        (None, Possession::Held { native_id: Some(id), .. }) => {
            format!("a thread that has not met ironthread (the system's number {id})")
        }
        _ => "a thread that has not met ironthread".to_owned(),
    }
}

fn name(thread: &Thread) -> String {
    let id = thread.facts.id.get();
    match &thread.facts.name {
        Some(name) => format!("thread {id} \"{}\"", printable(name)),
        None => format!("thread {id}"),
    }
}

fn thread(text: &mut String, picture: &Picture, thread: &Thread) -> std::fmt::Result {
    let facts = &thread.facts;
    let mut name = name(thread);
    name[..1].make_ascii_uppercase();
    write!(text, "{name}")?;
    if let Some(id) = facts.native_id {
        write!(text, " (the system's {id})")?;
    }
    if facts.helper {
        write!(text, ", which works for ironthread,")?;
    }
    match facts.waiting {
        Some(waiting) => wait(text, picture, facts, waiting)?,
        None => run(text, picture, thread)?,
    }
    if let Some(cpu) = facts.cpu {
        write!(text, "; it has used {} of processor time", duration(cpu))?;
    }
    writeln!(text, ".")?;
    match (&thread.stack, missing_stack(picture, thread)) {
        (Some(stack), _) => {
            for frame in &stack.frames {
                let (file, function) = (printable(&frame.file), printable(&frame.function));
                writeln!(text, "  File \"{file}\", line {} in {function}", frame.line)?;
            }
            if stack.is_cut {
                writeln!(text, "  … and more outside of these")?;
            }
        }
        (None, Some(reason)) => writeln!(text, "  ({reason})")?,
        (None, None) => {}
    }
    Ok(())
}

fn wait(
    text: &mut String,
    picture: &Picture,
    facts: &ThreadFacts,
    waiting: Waiting,
) -> std::fmt::Result {
    write!(text, " has waited {}", span(picture.now.saturating_sub(waiting.since)))?;
    write!(text, " for {}", waiting.site.kind().name())?;
    if let Some((line, _)) = waiting.site.origin().and_then(origin::line) {
        write!(text, ", made at {}:{}", printable(&line.file), line.number)?;
    }
    let Some(holder) = facts.holder else { return Ok(()) };
    // Who has to bring it about: the lock's holder, the thread that is joined, the one that runs the job.
    match waiting.site.kind() {
        Kind::Lock | Kind::RLock => write!(text, ", held by {}", name_of(picture, holder)),
        _ => write!(text, ", which depends on {}", name_of(picture, holder)),
    }
}

fn name_of(picture: &Picture, id: ThreadId) -> String {
    match picture.thread(id) {
        Some(thread) => name(thread),
        None => format!("thread {}, which has ended or is not shown", id.get()),
    }
}

fn run(text: &mut String, picture: &Picture, thread: &Thread) -> std::fmt::Result {
    let holds = picture.holder().is_some_and(|holder| holder.facts.id == thread.facts.id);
    write!(text, " {}", if holds { "holds the interpreter" } else { "runs" })?;
    match &thread.kernel {
        Some(kernel) => write!(text, " ({} in the system)", state(kernel.state)),
        None => Ok(()),
    }
}

/// Why a thread has no stack; `None` when it has one.
pub(super) fn missing_stack(picture: &Picture, thread: &Thread) -> Option<String> {
    if thread.stack.is_some() {
        return None;
    }
    Some(match (&picture.interpreter.asking, thread.facts.waiting) {
        (Asking::Silent(_), Some(_)) => {
            "stack not available: it waited already when stacks began to be noted, and the \
             interpreter does not answer"
                .to_owned()
        }
        (Asking::Silent(_), None) => format!(
            "running, stack not available: the interpreter did not answer within {} ms",
            picture.interpreter.limit.as_millis()
        ),
        _ => "it runs no Python code".to_owned(),
    })
}

fn state(letter: char) -> &'static str {
    match letter {
        'R' => "on a processor or ready for one",
        'S' => "asleep",
        'D' => "asleep, for a device",
        'T' | 't' => "stopped",
        _ => "ending",
    }
}

/// Text on one line that does nothing to a terminal: names and files are the program's.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

fn duration(time: std::time::Duration) -> String {
    span(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// Nanoseconds for people.
fn span(nanoseconds: u64) -> String {
    let seconds = nanoseconds / 1_000_000_000;
    let milliseconds = nanoseconds / 1_000_000;
    match seconds {
        0 => format!("{}.{} ms", milliseconds, nanoseconds / 100_000 % 10),
        1..100 => format!("{seconds}.{:02} s", milliseconds % 1000 / 10),
        100..6000 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_for_people() {
        let spans = [450_000, 51_230_000, 2_999_999_999, 150_000_000_000, 7_260_000_000_000];
        let texts = spans.map(span);
        assert_eq!(texts, ["0.4 ms", "51.2 ms", "2.99 s", "2 min 30 s", "2 h 1 min"]);
    }

    #[test]
    fn names_do_nothing_to_a_terminal() {
        assert_eq!(printable("a\x1b[2Jb\nc"), "a?[2Jb?c");
    }
}
