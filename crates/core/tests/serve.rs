//! A program of Rust threads that answers questions: the whole way, over its socket.
#![cfg(all(feature = "serve", target_os = "linux", not(miri)))]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use ironthread::observe::{registry, serve};
use ironthread::sync::Lock;
use ironthread::wait::Deadline;
use serde_json::Value;

fn ask(path: &Path, question: &str) -> Value {
    let mut stream = UnixStream::connect(path).expect("it listens");
    stream.write_all(question.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    serde_json::from_str(&answer).expect("the answer is JSON")
}

fn thread_named<'a>(answer: &'a Value, name: &str) -> Option<&'a Value> {
    let threads = answer["threads"].as_array().expect("there are threads");
    threads.iter().find(|thread| thread["name"] == name)
}

/// One test: there is one server to a process.
#[test]
fn a_program_without_an_interpreter_is_served_as_well() {
    let path = serve::listen().unwrap();
    assert_eq!(serve::listen().unwrap(), path);
    let lock = Arc::new(Lock::new());
    lock.acquire(Deadline::NEVER).unwrap();
    registry::set_name("holder");
    let waiter = thread::spawn({
        let lock = Arc::clone(&lock);
        move || {
            registry::set_name("waiter");
            lock.acquire(Deadline::NEVER).unwrap();
            lock.release().unwrap();
        }
    });
    let question = "{\"version\": 1, \"ask\": \"dump\"}\n";
    let answer = loop {
        let answer = ask(&path, question);
        if thread_named(&answer, "waiter").is_some_and(|thread| thread["state"] == "waiting") {
            break answer;
        }
        thread::yield_now();
    };
    let waiting = &thread_named(&answer, "waiter").unwrap()["waiting"];
    assert_eq!(waiting["kind"], "Lock");
    assert_eq!(waiting["holder"]["name"], "holder");
    assert_eq!(answer["interpreter"]["state"], "unknown");
    assert_eq!(answer["process"]["id"], std::process::id());
    assert_eq!(ask(&path, "nonsense\n")["error"]["code"], "bad-request");
    // A question without the end of its line, from one who will say no more.
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(question.trim_end().as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.contains("\"threads\""));
    lock.release().unwrap();
    waiter.join().unwrap();
    serve::close();
    assert!(UnixStream::connect(&path).is_err());
    assert!(!path.exists());
    serve::close();
}
