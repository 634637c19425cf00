//! Lines that somebody sends to the socket of a program that listens.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ironthread::observe::serve::fuzzing::question(data));
