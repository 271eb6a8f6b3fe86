//! Which files are to be read again although they have not changed.

use super::event::Event;
use super::pipeline::Progress;
use crate::error::ErrorKind;

/// Looks at the events in the order of the inputs, and marks the files whose reading may give more another time.
#[derive(Debug, Default)]
pub(super) struct Again {
    /// The file, or what else, in which something was refused that may be had another time.
    refused: Option<String>,
}

impl Again {
    /// Passes an event on, the end of a file with what is known of it.
    pub(super) fn settle(&mut self, event: Event, progress: &Progress) -> Event {
        match event {
            Event::Rejected(ref error) => {
                if may_be_read_later(error.kind()) {
                    self.refused = error.place().steps().first().cloned();
                }
                event
            }
            Event::FileRead(file) => {
                // What was refused since the last file may be a path that could not even be opened.
                let path = String::from_utf8_lossy(&file.stamp().path);
                let is_refused = self.refused.take().is_some_and(|place| place == path);
                // Once a stop is asked for inputs are left out, of this file too.
                let again = is_refused || progress.stopped();
                Event::FileRead(if again { file.marked_unfinished() } else { file })
            }
            other => other,
        }
    }
}

/// Whether the same input may give more another time: with a higher limit, other rights, a mended program.
const fn may_be_read_later(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Limit(_) | ErrorKind::Unreadable | ErrorKind::Internal)
}
