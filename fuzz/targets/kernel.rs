//! The kernel's files on threads, whose names are the program's.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ironthread::observe::serve::fuzzing::kernel(data));
