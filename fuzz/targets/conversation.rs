//! Everything that a peer of the socket may send, piece by piece, to a real connection.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ironthread::observe::serve::fuzzing::conversation(data));
