//! Zones, scripted faults and conformance suites for the tests of this room.

#[cfg(feature = "live-dns")]
pub(crate) mod server;
pub(crate) mod suite;
pub(crate) mod zone;
pub(crate) mod zone_file;

use std::path::PathBuf;

use crate::dns::resolve::{Bounds, Immediate, drive};
use crate::dns::{Answers, Inquiry, Query};
use zone::Zone;

/// The folder of shared test data, or `None` with a word on stderr where there is none.
#[expect(clippy::disallowed_methods, reason = "tests find the shared data through the environment")]
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let Some(root) = std::env::var_os("WHOSENDS_SHARED") else {
        eprintln!("skipped: WHOSENDS_SHARED is not set");
        return None;
    };
    Some(PathBuf::from(root).join(path))
}

/// The zone of a zone file's text.
pub(crate) fn zone_of(text: &str) -> Zone {
    let mut zone = Zone::default();
    zone_file::read(&mut zone, text);
    zone
}

/// Evaluates until it is decided, with answers from a zone in memory.
pub(crate) fn settle<T>(zone: &Zone, evaluate: impl Fn(&Inquiry<'_>) -> Option<T>) -> T {
    let mut resolver = Immediate::new(|query: &Query| zone.answer(query));
    drive(&mut resolver, &mut Answers::new(), &Bounds::default(), evaluate).value.unwrap()
}

/// A small generator of numbers, the same every time (xorshift).
pub(crate) struct Dice(u64);

/// Bytes that mean something somewhere.
const SPICE: &[u8] = b"\0\x7f\x80\xff%{}[]/:;=!\"\\ \t\r\n.-_09azAZ@,";

impl Dice {
    pub(crate) const fn new() -> Self {
        Self(0x5eed)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }

    /// A text cut, doubled or with bytes changed, once to four times.
    pub(crate) fn mutated(&mut self, text: &[u8]) -> Vec<u8> {
        let mut text = text.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(text.len() + 1);
            match self.below(5) {
                0 => text.truncate(at),
                1 => text.insert(at, SPICE[self.below(SPICE.len())]),
                2 => {
                    let byte = u8::try_from(self.below(256)).unwrap();
                    text.iter_mut().skip(at).take(1).for_each(|slot| *slot = byte);
                }
                3 => text.extend_from_within(at..),
                _ => drop(text.drain(at..(at + self.below(9)).min(text.len()))),
            }
        }
        text
    }
}
