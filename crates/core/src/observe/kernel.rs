//! What the kernel knows of the process's threads.

use std::collections::BTreeSet;
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::onlookers;

/// The kernel's identifier of the calling thread, where the system has one.
#[cfg(target_os = "linux")]
#[must_use]
pub fn native_id() -> Option<u32> {
    Some(rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned())
}

/// The kernel's identifier of the calling thread, where the system has one.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn native_id() -> Option<u32> {
    None
}

/// Whether the process has no threads but those with these identifiers of the kernel's, and onlookers, as far as
/// the system tells.
#[cfg(target_os = "linux")]
pub(crate) fn no_other_threads(known: &BTreeSet<u32>) -> bool {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return true };
    let numbers = tasks.flatten().filter_map(|task| task.file_name().to_str()?.parse().ok());
    numbers.into_iter().all(|number| known.contains(&number) || onlookers::is_one(number))
}

/// Whether the process has no threads but those with these identifiers of the kernel's, and onlookers, as far as
/// the system tells.
#[cfg(not(target_os = "linux"))]
pub(crate) fn no_other_threads(_known: &BTreeSet<u32>) -> bool {
    true
}

/// The calling thread's processor time.
#[cfg(target_os = "linux")]
pub(super) fn own_cpu() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).ok()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn own_cpu() -> Option<Duration> {
    None
}

/// A living thread's processor time: the first figure of its `schedstat` (`proc_pid_schedstat(5)`).
#[cfg(target_os = "linux")]
pub(super) fn cpu_of(native_id: u32) -> Option<Duration> {
    let line = std::fs::read_to_string(format!("/proc/self/task/{native_id}/schedstat")).ok()?;
    line.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn cpu_of(_native_id: u32) -> Option<Duration> {
    None
}
