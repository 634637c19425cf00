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

/// Whether there is a thread with this identifier of the kernel's, as far as the system tells.
#[cfg(target_os = "linux")]
pub(crate) fn exists(native_id: u32) -> bool {
    // Any question about a thread would do; this one is answered of every thread of one's own.
    let pid = rustix::thread::Pid::from_raw(native_id.cast_signed());
    pid.is_some_and(|pid| rustix::thread::sched_getaffinity(Some(pid)).is_ok())
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

/// The processor time of all of the process's threads.
#[cfg(target_os = "linux")]
#[cfg_attr(not(feature = "serve"), allow(dead_code, reason = "nobody looks"))]
pub(super) fn process_cpu() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).ok()
}

/// The file in which the kernel tells how many threads of the machine have a processor or want one (`proc_loadavg(5)`).
#[cfg(target_os = "linux")]
#[cfg_attr(not(feature = "serve"), allow(dead_code, reason = "nobody looks"))]
pub(super) struct Load(File);

#[cfg(target_os = "linux")]
#[cfg_attr(not(feature = "serve"), allow(dead_code, reason = "nobody looks"))]
impl Load {
    pub(super) fn open() -> Option<Self> {
        File::open("/proc/loadavg").ok().map(Self)
    }

    /// How many there are now, the caller among them.
    pub(super) fn runnable(&self) -> Option<usize> {
        let mut line = [0; 64];
        let length = self.0.read_at(&mut line, 0).ok()?;
        let fourth = std::str::from_utf8(&line[..length]).ok()?.split(' ').nth(3)?;
        fourth.split('/').next()?.parse().ok()
    }
}

/// What a thread does, as far as the kernel knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// It has a processor, or wants one.
    Runnable,
    /// It sleeps in `futex(2)`, at the word of this address.
    Futex(usize),
    /// It waits for somebody to connect.
    Accepting,
    /// It sleeps elsewhere.
    Asleep,
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

    /// What the thread does; `None` where it has ended, or the system does not tell.
    #[must_use]
    pub fn activity(&self) -> Option<Activity> {
        let mut line = [0; 64];
        let length = self.0.read_at(&mut line, 0).ok()?;
        activity(std::str::from_utf8(&line[..length]).ok()?)
    }

    /// The address of the word at which the thread sleeps in `futex(2)`; `None` where it does not, has ended, or the
    /// system does not tell.
    #[must_use]
    pub fn futex(&self) -> Option<usize> {
        match self.activity()? {
            Activity::Futex(word) => Some(word),
            _ => None,
        }
    }
}

/// What a line of the file says, or its first 64 bytes.
#[cfg(target_os = "linux")]
pub(super) fn activity(line: &str) -> Option<Activity> {
    let mut words = line.split_ascii_whitespace();
    let first = words.next()?;
    if first == "running" {
        return Some(Activity::Runnable);
    }
    let number: libc::c_long = first.parse().ok()?;
    if number == libc::SYS_futex {
        let address = words.next()?.strip_prefix("0x")?;
        return usize::from_str_radix(address, 16).ok().map(Activity::Futex);
    }
    let accepts = [libc::SYS_accept, libc::SYS_accept4].contains(&number);
    Some(if accepts { Activity::Accepting } else { Activity::Asleep })
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernels_tells_what_a_thread_does() {
        let futex = format!("{} 0x7f00 0x80 0x0", libc::SYS_futex);
        assert_eq!(activity("running\n"), Some(Activity::Runnable));
        assert_eq!(activity(&futex), Some(Activity::Futex(0x7f00)));
        let accept = format!("{} 0x3 0x0", libc::SYS_accept4);
        assert_eq!(activity(&accept), Some(Activity::Accepting));
        assert_eq!(activity("-1 0x7ffc 0x7f01\n"), Some(Activity::Asleep));
        assert_eq!(activity(""), None);
    }

    #[test]
    fn a_thread_exists_until_it_is_gone() {
        let own = native_id().unwrap();
        assert!(exists(own));
        let other = std::thread::spawn(native_id).join().unwrap().unwrap();
        // It is joined when its memory is free; its number is a moment later.
        while exists(other) {
            std::hint::spin_loop();
        }
    }
}
