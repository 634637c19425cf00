//! The picture as JSON: the answer for programs. `docs/diagnosis.md` describes it.

use serde_json::{Value, json};

use super::figures;
use super::interpreter::{Asking, PERIOD};
use super::picture::{Picture, Thread, Waits};
use super::question::VERSION;
use super::text::{self, missing_stack};
use crate::observe::origin::{self, Line};
use crate::observe::stack::Stack;
use crate::observe::tally::Tally;
use crate::thread::ThreadId;
use crate::wait::host::Possession;
use crate::wait::{Kind, clock};

/// The dump for people, in an answer.
pub(super) fn dump_text(picture: &Picture) -> Value {
    json!({"version": VERSION, "text": text::dump(picture)})
}

/// The whole picture: with the stacks of threads, or with what was counted of all else.
pub(super) fn whole(picture: &Picture, with_stacks: bool) -> Value {
    let recorded = picture.recorded_since.map(|since| seconds(picture.now.saturating_sub(since)));
    let threads: Vec<_> =
        picture.threads.iter().map(|each| thread(picture, each, with_stacks)).collect();
    let others: Vec<_> = (picture.others.iter())
        .map(|other| {
            json!({
                "native_id": other.native_id,
                "name": other.kernel.name,
                "kernel_state": other.kernel.state.to_string(),
            })
        })
        .collect();
    let mut answer = json!({
        "version": VERSION,
        "process": {
            "id": std::process::id(),
            "command": picture.command,
            "moment": seconds(clock::now()),
            "recorded_seconds": recorded,
        },
        "interpreter": interpreter(picture),
        "threads": threads,
        "threads_left_out": picture.threads_left_out,
        "circles": picture.circles.iter().map(|circle| ids(circle)).collect::<Vec<_>>(),
        "other_threads": others,
        "waits": picture.waits.iter().map(waits).collect::<Vec<_>>(),
    });
    if !with_stacks {
        figures::add_to(&mut answer);
    }
    answer
}

#[expect(clippy::cast_precision_loss, reason = "microseconds are enough")]
pub(super) fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

fn interpreter(picture: &Picture) -> Value {
    let interpreter = &picture.interpreter;
    let state = match interpreter.possession {
        Possession::Unknown => "unknown",
        Possession::Free => "free",
        Possession::Held { .. } => "held",
    };
    let holder = match interpreter.possession {
        Possession::Held { ident, native_id } => {
            let met = picture.holder();
            json!({
                "id": met.map(|thread| thread.facts.id.get()),
                "name": met.and_then(|thread| thread.facts.name.as_deref()),
                "ident": ident,
                "native_id": native_id,
            })
        }
        _ => Value::Null,
    };
    let held = (!holder.is_null()).then(|| seconds(picture.now.saturating_sub(interpreter.since)));
    let (answered, silent) = match interpreter.asking {
        Asking::Unasked => (None, None),
        Asking::Answered(_) => (Some(true), None),
        Asking::Silent(since) => (Some(false), Some(seconds(picture.now.saturating_sub(since)))),
    };
    json!({
        "state": state,
        "holder": holder,
        "held_at_least_seconds": held,
        "look_seconds": PERIOD.as_secs_f64(),
        "answered": answered,
        "silent_seconds": silent,
        "limit_seconds": interpreter.limit.as_secs_f64(),
    })
}

fn thread(picture: &Picture, thread: &Thread, with_stacks: bool) -> Value {
    let facts = &thread.facts;
    let recorded: serde_json::Map<_, _> = Kind::ALL
        .into_iter()
        .zip(facts.waits)
        .filter(|(_, tally)| tally.count > 0)
        .map(|(kind, tally)| (kind.name().to_owned(), tally_json(tally)))
        .collect();
    let waiting = facts.waiting.map(|waiting| {
        let holder = facts.holder.map(|id| {
            let name = picture.thread(id).and_then(|holder| holder.facts.name.as_deref());
            json!({"id": id.get(), "name": name})
        });
        json!({
            "kind": waiting.site.kind().name(),
            "made_at": place(waiting.site.origin().and_then(origin::line).map(|(line, _)| line)),
            "seconds": seconds(picture.now.saturating_sub(waiting.since)),
            "holder": holder,
        })
    });
    let mut row = json!({
        "id": facts.id.get(),
        "ident": facts.ident,
        "native_id": facts.native_id,
        "name": facts.name,
        "helper": facts.helper,
        "age_seconds": seconds(picture.now.saturating_sub(facts.started)),
        "cpu_seconds": facts.cpu.map(|cpu| cpu.as_secs_f64()),
        "kernel_state": thread.kernel.as_ref().map(|kernel| kernel.state.to_string()),
        "state": if facts.waiting.is_some() { "waiting" } else { "running" },
        "waiting": waiting,
        "waits": recorded,
    });
    if with_stacks {
        row["stack"] = thread.stack.as_deref().map_or(Value::Null, stack);
        row["stack_missing"] = missing_stack(picture, thread).into();
    }
    row
}

fn ids(threads: &[ThreadId]) -> Vec<u32> {
    threads.iter().map(|id| id.get()).collect()
}

fn stack(stack: &Stack) -> Value {
    let frames: Vec<_> = (stack.frames.iter())
        .map(|frame| json!({"function": frame.function, "file": frame.file, "line": frame.line}))
        .collect();
    json!({"frames": frames, "is_cut": stack.is_cut})
}

pub(super) fn place(line: Option<Line>) -> Value {
    line.map_or(Value::Null, |line| json!({"file": &*line.file, "line": line.number}))
}

pub(super) fn tally_json(tally: Tally) -> Value {
    json!({
        "count": tally.count,
        "total": seconds(tally.total),
        "longest": seconds(tally.longest),
    })
}

fn waits(waits: &Waits) -> Value {
    let mut row = figures::times(waits.tally, waits.spread);
    row["kind"] = waits.kind.name().into();
    row["made_at"] = place(waits.made_at.clone());
    row["objects"] = waits.objects.into();
    row["waiting"] = waits.waiting.into();
    row["waiting_longest"] = seconds(waits.waiting_longest).into();
    row
}
