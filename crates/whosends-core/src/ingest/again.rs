//! Which files are to be read again although they have not changed.

use std::error::Error as _;
use std::io;

use super::event::Event;
use super::pipeline::Progress;
use crate::error::{Error, ErrorKind};

/// Looks at the events in the order of the inputs, and marks the files whose reading may give more another time.
///
/// Every input ends with an event of its own, so that what was refused since the last end belongs to this one.
#[derive(Debug, Default)]
pub(super) struct Again {
    /// Whether something was refused since the last end of an input that may be had another time.
    refused: bool,
}

impl Again {
    /// Passes an event on, the end of a file with what is known of it.
    pub(super) fn settle(&mut self, event: Event, progress: &Progress) -> Event {
        match event {
            Event::Rejected(ref error) => {
                self.refused |= may_be_read_later(error);
                event
            }
            Event::FileRead(file) => {
                // Once a stop is asked for inputs are left out, of this file too.
                let again = std::mem::take(&mut self.refused) || progress.stopped();
                Event::FileRead(if again { file.marked_unfinished() } else { file })
            }
            Event::InputRead(_) => {
                self.refused = false;
                event
            }
            other => other,
        }
    }
}

/// Whether the same input may give more another time: with a higher limit, other rights, a mended program, or once the
/// system gives its bytes.
fn may_be_read_later(error: &Error) -> bool {
    if matches!(error.kind(), ErrorKind::Limit(_) | ErrorKind::Unreadable | ErrorKind::Internal) {
        return true;
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.raw_os_error().is_some()) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Place;
    use crate::model::{FileStamp, ReadFile};

    fn end_of(path: &str) -> Event {
        let path = path.as_bytes().to_vec();
        Event::FileRead(ReadFile::whole(FileStamp { path, size: 1, modified_ns: 1, inode: 1, device: 1 }))
    }

    /// Which files are to be read again, by the order of what was met alone.
    fn again(events: impl IntoIterator<Item = Event>) -> Vec<bool> {
        let (mut again, progress) = (Again::default(), Progress::default());
        let settled = events.into_iter().map(|event| again.settle(event, &progress));
        settled
            .filter_map(|event| match event {
                Event::FileRead(file) => Some(file.is_to_be_read_again()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn a_file_that_failed_to_be_read_is_read_again_whatever_the_place_says() {
        let failed = |place: &Place| {
            let error = Error::new(ErrorKind::DamagedArchive, "x").caused_by(io::Error::from_raw_os_error(5));
            Event::Rejected(error.within(place))
        };
        let damaged = || Event::Rejected(Error::new(ErrorKind::DamagedArchive, "x"));
        let unreadable = || Event::Rejected(Error::new(ErrorKind::Unreadable, "x"));
        assert_eq!(again([failed(&Place::default()), end_of("a"), end_of("b")]), [true, false]);
        assert_eq!(again([failed(&Place::new("b")), end_of("a"), end_of("b")]), [true, false]);
        assert_eq!(again([unreadable(), damaged(), end_of("a"), damaged(), end_of("b")]), [true, false]);
        // What could not even be opened is no part of the file that comes after it.
        let nowhere = Event::InputRead(b"nowhere".to_vec());
        assert_eq!(again([unreadable(), nowhere, end_of("a")]), [false]);
    }
}
