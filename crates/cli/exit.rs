//! What the process tells its caller.

use std::process::ExitCode;

/// How a command ended. The numbers are a promise: scripts branch on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what was asked.
    Fine = 0,
    /// The answer is no: not ready, or a finding at or over `--fail-on`.
    No = 1,
    /// Wrong usage, or nothing usable was found.
    Nothing = 2,
    /// Something was usable and something was rejected.
    Partial = 3,
    /// Not decided: the name servers did not answer, or there is not enough data.
    Undecided = 4,
    /// Stopped by the user.
    Interrupted = 130,
}

impl Exit {
    /// Each status with what it means, for the manual page and the help.
    pub(crate) const MEANINGS: [(Self, &'static str); 6] = [
        (Self::Fine, "Fine; a closed pipe counts as fine"),
        (Self::No, "The answer is no"),
        (Self::Nothing, "Wrong usage, or nothing usable was found"),
        (Self::Partial, "Something was rejected (it is listed), and something was usable"),
        (Self::Undecided, "Not decided: DNS did not answer, or there is not enough data"),
        (Self::Interrupted, "Interrupted; what was done until then is kept"),
    ];

    /// The number the shell sees.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
