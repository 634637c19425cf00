//! The name under which the operating system shows a thread (`top -H`, `ps -L`, gdb, `py-spy`).

/// The longest name that Linux keeps, in bytes: 16 with the closing zero (`prctl(2)`, `PR_SET_NAME`).
#[cfg(target_os = "linux")]
const LIMIT: usize = 15;

/// Names the calling thread, as far as the system has room: the name is cut to whole characters. Does
/// nothing on systems other than Linux.
#[cfg(target_os = "linux")]
pub fn set(name: &str) {
    let bytes = cut(name).as_bytes();
    // No zero is inside: the name was cut there.
    if let Ok(name) = std::ffi::CString::new(bytes) {
        // It fails for no name that fits.
        let _ = rustix::thread::set_name(&name);
    }
}

/// Names the calling thread, as far as the system has room: the name is cut to whole characters. Does
/// nothing on systems other than Linux.
#[cfg(not(target_os = "linux"))]
pub fn set(_name: &str) {}

/// The beginning of `name` that the system keeps.
#[cfg(target_os = "linux")]
fn cut(name: &str) -> &str {
    let name = name.split('\0').next().unwrap_or_default();
    let end = (0..=name.len().min(LIMIT)).rev().find(|&end| name.is_char_boundary(end));
    &name[..end.unwrap_or(0)]
}

#[cfg(all(test, target_os = "linux", not(loom)))]
mod tests {
    use super::*;

    fn name_of_own() -> String {
        let name = std::fs::read_to_string("/proc/thread-self/comm").expect("it has a name");
        name.strip_suffix('\n').unwrap_or(&name).to_owned()
    }

    #[test]
    fn the_system_knows_the_thread_by_the_part_that_fits() {
        let named = |name: &'static str| {
            std::thread::spawn(move || {
                set(name);
                name_of_own()
            })
            .join()
            .unwrap()
        };
        assert_eq!(named("worker"), "worker");
        assert_eq!(named("a name of many words"), "a name of many ");
        assert_eq!(named("zażółć gęślą jaźń"), "zażółć gę");
        assert_eq!(named("before\0after"), "before");
    }
}
