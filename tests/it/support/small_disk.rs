//! A data directory, or a folder of it, on a small disk of its own, which a test fills up.
//!
//! The disk is a tmpfs that only the program sees, in a mount namespace of its own; no right of the administrator is needed
//! where the system lets a user make one. From outside its files are reached through `/proc`; a database is not, because
//! SQLite follows the links of its path itself.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::binary::{Binary, Running};

/// Mounts the disk of the size $1 at $2, and becomes the rest.
const MOUNT: &str = r#"mount -t tmpfs -o "size=$1" small-disk "$2" && shift 2 && exec "$@""#;

/// The disk of a running command; it goes with the command.
pub(crate) struct SmallDisk {
    pid: u32,
    folder: PathBuf,
}

impl SmallDisk {
    /// Why this system makes no such disk, where it makes none.
    pub(crate) fn refused() -> Option<String> {
        let folder = tempfile::tempdir().expect("a folder for the test");
        match mounting(folder.path(), 1).args(["test", "-d", "/"]).output() {
            Ok(made) if made.status.success() => None,
            Ok(made) => Some(String::from_utf8_lossy(&made.stderr).trim().to_owned()),
            Err(error) => Some(format!("unshare: {error}")),
        }
    }

    /// Starts `up` and waits until it says that the store is ready; this folder of its data directory is a disk of so many
    /// MiB.
    #[track_caller]
    pub(crate) fn up(binary: &Binary, topology: &str, folder: &str, mebibytes: u32) -> (Running, Self) {
        let inside = binary.data_dir().join(folder);
        std::fs::create_dir_all(&inside).expect("the folder can be made");
        let way = mounting(&inside, mebibytes);
        let mut running = binary.start_by(way, &["up", "--topology", topology]);
        running.until_it_prints("Ctrl-C stops it");
        let root = PathBuf::from(format!("/proc/{}/root", running.pid()));
        let folder = root.join(inside.strip_prefix("/").expect("a temporary folder has a whole path"));
        let disk = Self { pid: running.pid(), folder };
        (running, disk)
    }

    /// Runs a command that sees the disk and has to succeed, and gives its standard output.
    #[track_caller]
    pub(crate) fn succeed(&self, binary: &Binary, arguments: &[&str]) -> String {
        let mut way = Command::new("nsenter");
        way.args(["--user", "--mount", "--preserve-credentials", "--target"])
            .arg(self.pid.to_string())
            .arg("--");
        let ended = binary.start_by(way, arguments).ended();
        assert_eq!(ended.code, Some(0), "{arguments:?} failed: {ended:?}");
        ended.stdout
    }

    /// The disk as it is seen from outside.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Leaves no more than so many KiB.
    pub(crate) fn fill(&self, left_kib: u64) {
        let mut filler = File::create(self.filler()).expect("an empty file takes no room");
        let mut length = 0;
        for block in [[1; 16_384].as_slice(), &[1; 4_096]] {
            loop {
                match filler.write(block) {
                    Ok(written) => length += u64::try_from(written).expect("a block is small"),
                    Err(error) if error.kind() == io::ErrorKind::StorageFull => break,
                    Err(error) => panic!("the disk cannot be filled: {error}"),
                }
            }
        }
        filler.set_len(length - left_kib * 1_024).expect("the disk has been larger than that");
    }

    /// Makes room again.
    pub(crate) fn make_room(&self) {
        std::fs::remove_file(self.filler()).expect("it was full");
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

fn mounting(folder: &Path, mebibytes: u32) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "--", "/bin/sh", "-c", MOUNT, "sh"]);
    command.arg(format!("{mebibytes}m")).arg(folder).env_clear();
    command
}
