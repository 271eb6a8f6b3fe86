//! Runs the binary in a folder of its own, with an environment that holds nothing else.

use std::ffi::OsStr;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder for one test. The database is `whosends.db` in it unless the test says otherwise.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A path in it.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file in it, with the folders above.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Where its database is.
    pub(crate) fn database(&self) -> PathBuf {
        self.path("whosends.db")
    }

    /// Stores reports in its database: see [`reports`](super::reports).
    pub(crate) fn store(&self, text: &str) {
        super::reports::store(&self.database(), text);
    }

    /// A run of the binary in it, with arguments that are parted by spaces.
    pub(crate) fn run(&self, args: &str) -> Run<'_> {
        self.run_args(args.split_whitespace())
    }

    /// A run of the binary in it.
    pub(crate) fn run_args<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run<'_> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whosends"));
        command.current_dir(self.0.path()).env_clear().env("HOME", self.0.path());
        command.env("WHOSENDS_DB", "whosends.db").args(args);
        Run { folder: self, command, stdin: Vec::new() }
    }
}

/// A run of the binary that has not begun.
pub(crate) struct Run<'a> {
    folder: &'a Folder,
    command: Command,
    stdin: Vec<u8>,
}

impl Run<'_> {
    /// Sets a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes a variable out of the environment.
    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Adds arguments.
    pub(crate) fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.command.args(args);
        self
    }

    /// Gives it something to read.
    pub(crate) fn stdin(mut self, bytes: &[u8]) -> Self {
        self.stdin = bytes.to_vec();
        self
    }

    /// Runs it to its end.
    pub(crate) fn go(mut self) -> Ran {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let bytes = std::mem::take(&mut self.stdin);
        let feeding = std::thread::spawn(move || {
            // The binary need not read all that it is given.
            let _ = stdin.write_all(&bytes);
        });
        let output = child.wait_with_output().unwrap();
        feeding.join().unwrap();
        Ran { output, folder: self.folder.0.path().display().to_string() }
    }

    /// The command itself, for tests that need other streams.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }
}

/// What a run gave. Shown as stdout, stderr and status, with the folder's path as `[FOLDER]`.
pub(crate) struct Ran {
    output: Output,
    folder: String,
}

impl Ran {
    /// What it wrote to stdout.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    /// What it wrote to stderr.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }

    /// Its exit status.
    pub(crate) fn status(&self) -> Option<i32> {
        self.output.status.code()
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.stdout();
        if !self.output.stderr.is_empty() {
            text += "------- stderr -------\n";
            text += &self.stderr();
        }
        match self.status() {
            Some(status) => text += &format!("[exit {status}]"),
            None => text += &format!("[{}]", self.output.status),
        }
        f.write_str(&text.replace(&self.folder, "[FOLDER]"))
    }
}
