//! What is found is told on standard error where there is no host that tells of it.

#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Barrier;
use std::thread::scope;

use ironthread::observe::order;
use ironthread::sync::Lock;
use ironthread::wait::Deadline;

const IS_CHILD: &str = "IRONTHREAD_TESTS_CHILD";

/// This program again, which runs one test; `None` in there.
fn child(test: &str) -> Option<Child> {
    if env::var_os(IS_CHILD).is_some() {
        return None;
    }
    // The first is the program's own name.
    let name = module_path!().split("::").skip(1).chain([test]).collect::<Vec<_>>().join("::");
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([&name, "--exact", "--nocapture"]).env(IS_CHILD, "");
    Some(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap())
}

/// The first line that a child tells; the child is ended then.
fn told(mut child: Child) -> String {
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.map(Result::unwrap).find(|line| line.starts_with("ironthread: "));
    let _ = child.kill(); // it may have come to its end
    child.wait().unwrap();
    line.expect("it told of nothing")
}

/// Sees a child tell of locks; `false` in the child, which has to do what is told of.
fn is_told_by_a_child(test: &str) -> bool {
    let Some(child) = child(test) else { return false };
    let line = told(child);
    assert!(line.contains("Lock"), "{line}");
    true
}

#[test]
fn a_circle_of_locks_is_told_of() {
    if is_told_by_a_child("a_circle_of_locks_is_told_of") {
        return;
    }
    let (a, b, both) = (Lock::new(), Lock::new(), Barrier::new(2));
    let nest = |first: &Lock, second: &Lock| {
        first.acquire(Deadline::NEVER).unwrap();
        both.wait();
        second.acquire(Deadline::NEVER).unwrap();
    };
    scope(|scope| {
        scope.spawn(|| nest(&a, &b));
        nest(&b, &a);
    });
}

#[test]
fn locks_that_are_taken_in_two_orders_are_told_of() {
    if is_told_by_a_child("locks_that_are_taken_in_two_orders_are_told_of") {
        return;
    }
    order::set_on(true);
    let locks = [Lock::new(), Lock::new()];
    for [first, second] in [[0, 1], [1, 0]] {
        let nest = || {
            for lock in [&locks[first], &locks[second]] {
                lock.acquire(Deadline::NEVER).unwrap();
            }
            for lock in &locks {
                lock.release().unwrap();
            }
        };
        scope(|scope| scope.spawn(nest).join().unwrap());
    }
}
