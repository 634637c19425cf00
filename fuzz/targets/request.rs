//! Heads of HTTP requests, whole and in pieces.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ironthread::observe::serve::fuzzing::request(data));
