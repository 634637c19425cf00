//! Where the process's socket lies: in a directory that is its user's alone, under the process's number.
//!
//! Who asks knows that number, and the user, and not the program's environment: so the place depends on
//! these two alone. It is `/run/user/<uid>/ironthread` where there is such a thing, else
//! `/tmp/ironthread-<uid>`. In `/tmp` anybody can make that directory first, so it is looked at before it
//! is used: what is not a directory of ours that nobody else may enter is refused.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use rustix::process::{Pid, test_kill_process};

use super::own::Own;

/// Read, write and search by anybody else.
const OTHERS: u32 = 0o077;
/// A socket younger than this is left alone.
const YOUNG: Duration = Duration::from_secs(2);

/// Makes the socket and listens there.
pub(super) fn bind() -> io::Result<(Own<UnixListener>, PathBuf)> {
    let directory = directory(rustix::process::geteuid().as_raw());
    make_private(&directory).map_err(|error| at(&directory, &error))?;
    let path = directory.join(format!("{}.sock", std::process::id()));
    remove_leftover(&path).map_err(|error| at(&path, &error))?;
    remove_those_of_the_dead(&directory);
    let listener = Own::open(|| UnixListener::bind(&path)).map_err(|error| at(&path, &error))?;
    // Nobody else could reach it before either: the directory sees to that.
    fs::set_permissions(&path, Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok((listener, path))
}

fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The directory of the sockets of a user's processes.
fn directory(user: u32) -> PathBuf {
    let of_session = PathBuf::from(format!("/run/user/{user}"));
    match fs::metadata(&of_session) {
        Ok(found) if found.is_dir() && found.uid() == user => of_session.join("ironthread"),
        _ => PathBuf::from(format!("/tmp/ironthread-{user}")),
    }
}

fn make_private(directory: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made,
    }
    // Not through a link: what it points to may change.
    let found = fs::symlink_metadata(directory)?;
    let problem = if !found.is_dir() {
        "it is no directory"
    } else if found.uid() != rustix::process::geteuid().as_raw() {
        "it belongs to another user"
    } else if found.mode() & OTHERS != 0 {
        "others may enter it (its mode has to be 0700)"
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, problem))
}

/// Removes the socket of a process that had our number before us, and had no time to remove it.
fn remove_leftover(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(path),
        // Anything else is not ours to remove, and the socket will not be made over it.
        _ => Ok(()),
    }
}

/// Removes the sockets of processes that were killed. What cannot be removed stays: it is in nobody's way.
fn remove_those_of_the_dead(directory: &Path) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_old = || entry.metadata().is_ok_and(|found| is_socket_at_rest(&found));
        if process_of(&path).is_some_and(is_gone) && is_old() && is_deserted(&path) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Whether it was made a while ago. One that was made just now may not be listened at yet, by a process that is not seen
/// from here: in a container that shares the directory.
fn is_socket_at_rest(found: &Metadata) -> bool {
    let age = found.modified().ok().and_then(|made| made.elapsed().ok());
    found.file_type().is_socket() && age.is_some_and(|age| age > YOUNG)
}

/// Whose socket lies there, by its name.
fn process_of(path: &Path) -> Option<Pid> {
    let number: u32 = path.file_name()?.to_str()?.strip_suffix(".sock")?.parse().ok()?;
    Pid::from_raw(number.try_into().ok()?)
}

fn is_gone(process: Pid) -> bool {
    test_kill_process(process) == Err(Errno::SRCH)
}

/// Whether nobody listens there.
fn is_deserted(path: &Path) -> bool {
    let try_it = || {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        connect(&socket, &SocketAddrUnix::new(path)?)
    };
    try_it() == Err(Errno::CONNREFUSED)
}
