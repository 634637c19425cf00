//! What the kernel knows of the process's threads.

use std::collections::BTreeSet;
#[cfg(target_os = "linux")]
use std::fs::File;
#[cfg(target_os = "linux")]
use std::os::unix::fs::FileExt;
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

/// The file in which the kernel tells what a thread of the process sleeps in (`proc_pid_syscall(5)`).
#[cfg(target_os = "linux")]
pub struct SystemCall(File);

#[cfg(target_os = "linux")]
impl SystemCall {
    /// That of the thread with this number of the kernel's; `None` where there is none.
    #[must_use]
    pub fn of(native_id: u32) -> Option<Self> {
        File::open(format!("/proc/self/task/{native_id}/syscall")).ok().map(Self)
    }

    /// The address of the word at which the thread sleeps in `futex(2)`; `None` where it does not, has ended, or the
    /// system does not tell.
    #[must_use]
    pub fn futex(&self) -> Option<usize> {
        let mut line = [0; 64];
        let length = self.0.read_at(&mut line, 0).ok()?;
        let mut words = std::str::from_utf8(&line[..length]).ok()?.split(' ');
        let number: libc::c_long = words.next()?.parse().ok()?;
        let address = words.next()?.strip_prefix("0x")?;
        (number == libc::SYS_futex).then(|| usize::from_str_radix(address, 16).ok()).flatten()
    }
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
